import assert from "node:assert/strict";
import { SILENT_LOG } from "../../transfers/log.ts";
import { SCHEMA } from "../../transfers/storage/postgres/client.ts";
import { POSTGRES } from "../../transfers/storage/postgres/testing/postgres_server.ts";
import { postgresTest } from "../../transfers/storage/postgres/testing/postgres_suite.ts";
import { TemporaryDatabase } from "../../transfers/storage/postgres/testing/temporary_database.ts";
import { testAccessStore } from "../conformance/access_store.ts";
import { KEPT_AUDIT, type KeyRecord } from "../ports.ts";
import { ACCESS_SCHEMA, PostgresAccessStore } from "./postgres_access_store.ts";

if (POSTGRES !== null) {
  testAccessStore("PostgresAccessStore", async () => {
    const temporary = await TemporaryDatabase.make();
    const store = await PostgresAccessStore.open(temporary.url, SILENT_LOG);
    const close = store.close.bind(store);
    store.close = async () => {
      await close();
      await temporary[Symbol.asyncDispose]();
    };
    return store;
  });
}

const test = postgresTest("servers with one access store");

test("have one secret, also when they make it at once", async (temporary) => {
  const stores = await servers(temporary, 3);
  const secrets = await Promise.all(stores.map((store) => store.secret()));
  assert.equal(new Set(secrets.map((secret) => secret.toHex())).size, 1);
  await closed(stores);
});

test("know at once what another has made or revoked", async (temporary) => {
  const stores = await servers(temporary, 2);
  const [server, command] = stores;
  assert.equal(await command!.addKey(key("i"), entry("create key")), true);
  assert.equal((await server!.keyByHash("hash of i"))?.name, "n");
  await server!.keyUsed("i", 9);
  // From one whose clock is behind.
  await command!.keyUsed("i", 8);
  assert.equal((await command!.keyById("i"))?.lastUsedAt, 9);
  assert.equal(await command!.removeKey("i", entry("revoke key")), true);
  assert.equal(await server!.keyByHash("hash of i"), null);
  assert.deepEqual((await server!.audit(9)).map(({ action }) => action), ["create key", "revoke key"]);
  await closed(stores);
});

test("make one key of a name, and remove it once", async (temporary) => {
  const stores = await servers(temporary, 3);
  const made = await Promise.all(stores.map((store, i) => store.addKey(key(`${i}`), entry("create key"))));
  assert.deepEqual(made.filter(Boolean), [true]);
  const [{ id }, ...others] = await stores[0]!.keys() as [KeyRecord, ...KeyRecord[]];
  assert.deepEqual(others, []);
  const removed = await Promise.all(stores.map((store) => store.removeKey(id, entry("revoke key"))));
  assert.deepEqual(removed.filter(Boolean), [true]);
  assert.equal((await stores[0]!.audit(9)).length, 2);
  await closed(stores);
});

test("share a transfer once, by the newest share", async (temporary) => {
  const stores = await servers(temporary, 3);
  await Promise.all(stores.map((store, i) => store.putShare(share(`${i}`))));
  const kept = await stores[0]!.shareOf("t");
  const byId = await Promise.all(stores.map((store, i) => store.shareById(`${i}`)));
  assert.deepEqual(byId.filter((found) => found !== null), [kept]);
  await closed(stores);
});

test("keep the newest of the audit", async (temporary) => {
  const stores = await servers(temporary, 2);
  const database = await temporary.open();
  await database.run(
    `INSERT INTO ${ACCESS_SCHEMA}.audit (at, name, owner, role, action, subject)
     SELECT 1, 'n', 'o', 'USER', 'start', 'older' FROM generate_series(1, $1::bigint)`,
    KEPT_AUDIT,
  );
  await Promise.all(stores.map((store) => store.addAudit(entry("start"))));
  const count = async () =>
    (await database.first<{ count: number }>(`SELECT count(*) AS count FROM ${ACCESS_SCHEMA}.audit`))!.count;
  assert.equal(await count(), KEPT_AUDIT);
  assert.deepEqual((await stores[0]!.audit(3)).map(({ subject }) => subject), ["older", "s", "s"]);
  await closed(stores);
});

test("keep what opens the server out of the transfers' tables", async (temporary) => {
  const stores = await servers(temporary, 1);
  const database = await temporary.open();
  const tables = await database.all<{ schemaname: string }>(
    "SELECT schemaname FROM pg_tables WHERE tablename IN ('secret', 'keys', 'shares', 'audit')",
  );
  assert.deepEqual([...new Set(tables.map(({ schemaname }) => schemaname))], [ACCESS_SCHEMA]);
  assert.notEqual(ACCESS_SCHEMA, SCHEMA);
  await closed(stores);
});

/** So many servers that begin with an empty database at once. */
function servers({ url }: TemporaryDatabase, count: number): Promise<PostgresAccessStore[]> {
  return Promise.all(Array.from({ length: count }, () => PostgresAccessStore.open(url, SILENT_LOG)));
}

async function closed(stores: readonly PostgresAccessStore[]): Promise<void> {
  await Promise.all(stores.map((store) => store.close()));
}

function entry(action: "create key" | "revoke key" | "start") {
  return { at: 1, name: "terminal", owner: "", role: "ADMIN", action, subject: "s" } as const;
}

function key(id: string): KeyRecord {
  const times = { createdAt: 1, expiresAt: null, lastUsedAt: null };
  return { id, name: "n", hash: `hash of ${id}`, owner: "o", role: "USER", ...times };
}

function share(id: string) {
  return { id, transferId: "t", owner: "ann", createdAt: 5, expiresAt: null };
}
