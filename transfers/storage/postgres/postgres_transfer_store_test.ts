import assert from "node:assert/strict";
import { GramcastError } from "../../../errors.ts";
import { isError } from "../../testing/errors.ts";
import { statusOnly, stepEvent, transferRecord } from "../../testing/records.ts";
import { TRANSFER_STATUSES } from "../../types.ts";
import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import type { Queries, Value } from "./client.ts";
import type { Database } from "./database.ts";
import { fence } from "./testing/fence.ts";
import { MIGRATIONS } from "./migrations.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { unavailable } from "./storage_error.ts";
import { postgresTest } from "./testing/postgres_suite.ts";
import type { TemporaryDatabase } from "./testing/temporary_database.ts";
import { pointedTransferBlobs } from "./transfer_files.ts";

const FRAME = { step: 1, width: 1, height: 1 };
const test = postgresTest("transfers in PostgreSQL");

/** Stores of servers that share a database and its blobs. */
async function servers(temporary: TemporaryDatabase, count: number) {
  const blobs = new MemoryBlobs();
  const databases = await Promise.all(Array.from({ length: count }, () => temporary.open()));
  const stores = databases.map((database) => new PostgresTransferStore(database, blobs));
  return { blobs, database: databases[0]!, stores };
}

async function keysOf(blobs: MemoryBlobs): Promise<string[]> {
  return (await Array.fromAsync(blobs.list(""))).map(({ key }) => key);
}

async function endConnections(database: Database): Promise<void> {
  await database.all(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
}

test("get each event one place when servers append at once", async (temporary) => {
  const { stores } = await servers(temporary, 3);
  await stores[0]!.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  const records = await Promise.all(Array.from({ length: 60 }, (_, i) => {
    const events = [{ ...stepEvent(i + 1), at: 1000 - i }, ...i % 7 === 0 ? [statusOnly("RUNNING")] : []];
    return stores[i % 3]!.append("a", { from: ["QUEUED"], changes: { step: i }, events });
  }));
  const log = await stores[1]!.events("a", 0, 200);
  assert.deepEqual(log.map(({ sequence }) => sequence), log.map((_, i) => i + 1));
  assert.equal(log.length, 1 + 60 + 9);
  assert.deepEqual(log.map(({ at }) => at), log.map(({ at }) => at).toSorted((a, b) => a - b));
  assert.deepEqual(new Set(log.slice(1).map(({ step }) => step)).size, 61);
  assert.equal(new Set(records.map((record) => record!.sequence)).size, 60);
  const losses = log.filter(({ losses }) => losses !== null).map(({ step }) => step);
  assert.deepEqual((await stores[2]!.lossHistory("a", 100)).map(({ step }) => step), losses);
});

test("are created once for a key when servers race", async (temporary) => {
  const { stores } = await servers(temporary, 3);
  const made = await Promise.all(
    stores.flatMap((store, i) =>
      [0, 1, 2].map((j) => store.create(transferRecord({ id: `${i}${j}`, idempotencyKey: "k" }), statusOnly("QUEUED")))
    ),
  );
  assert.equal(made.filter(({ created }) => created).length, 1);
  assert.equal(new Set(made.map(({ record }) => record.id)).size, 1);
  assert.equal(await stores[0]!.count(null, null), 1);
});

test("are asked for by names with any character", async (temporary) => {
  const { stores: [store] } = await servers(temporary, 1);
  const odd = `\0'${String.fromCharCode(0xd800)}\u{1f5bc}`;
  for (let i = 0; i < 2; i++) {
    const { created } = await store!.create(transferRecord({ id: `a${i}`, idempotencyKey: odd }), statusOnly("QUEUED"));
    assert.equal(created, i === 0);
  }
  assert.equal((await store!.findByKey("local", odd))?.id, "a0");
  assert.deepEqual([await store!.get(odd), await store!.count(odd, null), await store!.remove(odd)], [null, 0, false]);
  assert.deepEqual([await store!.events(odd, 0, 9), await store!.imageUses(odd)], [[], 0]);
  const failure = { code: "INTERNAL", message: odd } as const;
  const changes = { failure, resultId: odd };
  const record = await store!.append("a0", { from: ["QUEUED"], changes, events: [{ ...stepEvent(1), failure }] });
  assert.deepEqual(record?.failure, failure);
  assert.deepEqual((await store!.events("a0", 1, 1))[0]?.failure, failure);
});

test("have all of an append, or nothing, when connections end in between", async (temporary) => {
  const { stores, database } = await servers(temporary, 2);
  const store = stores[1]!;
  await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  let answered = 0;
  for (let round = 0; round < 5; round++) {
    const appends = Array.from({ length: 8 }, (_, i) =>
      store.append("a", {
        from: TRANSFER_STATUSES,
        // The one is one statement, the other several.
        changes: i % 2 === 0 ? { step: i } : { resultId: `r${i}` },
        events: [stepEvent(1), stepEvent(2)],
      }).then(() => void answered++, (error) => isError("STORAGE_UNAVAILABLE")(error)));
    await endConnections(database);
    await Promise.all(appends);
  }
  const { sequence } = (await store.get("a"))!;
  const log = await store.events("a", 0, 200);
  assert.deepEqual(log.map(({ sequence }) => sequence), log.map((_, i) => i + 1));
  assert.equal(log.length, sequence);
  assert.deepEqual(log.slice(1).map(({ step }) => step), log.slice(1).map((_, i) => 1 + i % 2));
  assert.ok(sequence >= 1 + 2 * answered);
  assert.equal((await store.lossHistory("a", 200)).length, sequence - 1);
});

/** Has the answers to what changes rows be lost, as when the connection breaks after that is done; answers how to end it. */
function loseAnswers(database: Database): () => void {
  const { first, transaction } = database;
  const lose = async () => {
    await Promise.resolve();
    throw unavailable("its connection broken");
  };
  database.first = async <Row>(sql: string, ...values: Value[]): Promise<Row | undefined> => {
    const row = await first.call(database, sql, ...values);
    return sql.includes("UPDATE") ? await lose() : row as Row;
  };
  database.transaction = async <T>(body: (queries: Queries) => Promise<T>): Promise<T> => {
    await transaction.call(database, body);
    return await lose();
  };
  return () => Object.assign(database, { first, transaction });
}

for (const changes of [{ step: 1 }, { step: 1, resultId: "r" }]) {
  const kind = Object.keys(changes).join(" and ");
  test(`have an append under a claim once that is tried again by its name: ${kind}`, async (temporary) => {
    const { stores: [store], database } = await servers(temporary, 1);
    await store!.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    await fence(database, "a", 1);
    const held = store!.under({ id: "a", epoch: 1 });
    const append = (step: number, name: string) => ({
      from: TRANSFER_STATUSES,
      changes: { ...changes, step },
      events: [stepEvent(step)],
      name,
    });
    const names = Array.from({ length: 4 }, () => crypto.randomUUID());
    assert.equal((await held.append("a", append(1, names[0]!)))?.sequence, 2);
    const found = loseAnswers(database);
    await assert.rejects(held.append("a", append(2, names[1]!)), isError("STORAGE_UNAVAILABLE"));
    await assert.rejects(held.append("a", append(2, names[1]!)), isError("STORAGE_UNAVAILABLE"));
    found();
    // Others may have their turn in between.
    assert.equal((await held.append("a", append(3, names[2]!)))?.sequence, 4);
    assert.equal((await held.append("a", append(2, names[1]!)))?.sequence, 4);
    assert.equal((await held.append("a", append(4, names[3]!)))?.sequence, 5);
    assert.deepEqual((await store!.events("a", 1, 9)).map(({ step }) => step), [1, 2, 3, 4]);
    assert.equal(await held.append("a", { ...append(5, crypto.randomUUID()), from: ["FAILED"] }), null);
  });
}

test("take an append that was given up and arrives late for none", async (temporary) => {
  const patience = { connect: 5_000, statement: 60_000, answer: 200 };
  const { stores: [, other], database, blobs } = await servers(temporary, 2);
  const store = new PostgresTransferStore(await temporary.open({ patience }), blobs);
  await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  await fence(database, "a", 1);
  const held = store.under({ id: "a", epoch: 1 });
  const append = { from: TRANSFER_STATUSES, changes: { step: 1 }, events: [stepEvent(1)], name: crypto.randomUUID() };
  await held.append("a", { ...append, events: [], name: crypto.randomUUID() });
  await database.transaction(async (queries) => {
    await queries.run("SELECT 1 FROM transfers WHERE id = 'a' FOR UPDATE");
    for (let attempt = 0; attempt < 3; attempt++) {
      await assert.rejects(held.append("a", append), isError("STORAGE_UNAVAILABLE", "no answer"));
    }
  });
  // All three wait in the server still, and one of them changes the row.
  const record = await held.append("a", append);
  const atWork = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`;
  while (await database.first(atWork) !== undefined);
  assert.deepEqual([record?.sequence, (await other!.events("a", 0, 9)).length], [2, 2]);
  assert.equal((await held.append("a", { ...append, name: crypto.randomUUID() }))?.sequence, 3);
});

test("leave no blob behind a row that was not written, but where nobody knows", async (temporary) => {
  const { stores: [store], blobs, database } = await servers(temporary, 1);
  await store!.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  await store!.saveCheckpoint("a", 1, new Uint8Array(3));
  await store!.saveCheckpoint("gone", 1, new Uint8Array(3));
  assert.equal((await keysOf(blobs)).length, 1);

  const put = blobs.put.bind(blobs);
  blobs.put = async (key, bytes) => {
    await put(key, bytes);
    throw new GramcastError("STORAGE_FULL", "Cannot keep it");
  };
  await assert.rejects(store!.saveFrame("a", FRAME, new Uint8Array(3), true), isError("STORAGE_FULL"));
  blobs.put = async (key, bytes) => {
    await put(key, bytes);
    await database.run("ALTER TABLE checkpoints RENAME TO away");
  };
  await assert.rejects(store!.saveCheckpoint("a", 2, new Uint8Array(3)), /does not exist/);
  await database.run("ALTER TABLE away RENAME TO checkpoints");
  blobs.put = put;
  assert.deepEqual([await store!.frames("a"), await store!.checkpoints("a")], [[], [1]]);
  const pointed = await pointedTransferBlobs(database, [...await keysOf(blobs), "transfers/none"]);
  // The one that could not be put is the store of blobs' own to tell of.
  assert.deepEqual([pointed.size, (await keysOf(blobs)).length], [1, 2]);
});

test("keep what is saved when the blobs that it replaces cannot be removed", async (temporary) => {
  const { stores: [store], blobs, database } = await servers(temporary, 1);
  await store!.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  blobs.remove = () => Promise.reject(new GramcastError("STORAGE_UNAVAILABLE", "Cannot reach it"));
  for (const step of [1, 2, 3]) await store!.saveCheckpoint("a", step, new Uint8Array([step]));
  assert.deepEqual(await store!.checkpoints("a"), [3, 2]);
  assert.equal(await store!.remove("a"), true);
  assert.equal((await keysOf(blobs)).length, 3);
  assert.equal((await pointedTransferBlobs(database, await keysOf(blobs))).size, 0);
});

test("are read from the blob that has taken another's place meanwhile", async (temporary) => {
  const { stores: [store], blobs } = await servers(temporary, 1);
  await store!.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  await store!.saveFrame("a", FRAME, new Uint8Array([1]), true);
  const get = blobs.get.bind(blobs);
  blobs.get = async (key) => {
    blobs.get = get;
    await store!.saveFrame("a", FRAME, new Uint8Array([2]), true);
    return await get(key);
  };
  assert.deepEqual(await store!.readFrame("a", 1), new Uint8Array([2]));
});

test("say that a checkpoint is unreadable whose blob is gone or cut off", async (temporary) => {
  const { stores: [store], blobs } = await servers(temporary, 1);
  await store!.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  await store!.saveCheckpoint("a", 1, new Uint8Array(9));
  const [key] = await keysOf(blobs);
  await blobs.put(key!, new Uint8Array(8));
  await assert.rejects(store!.readCheckpoint("a", 1), isError("CHECKPOINT_UNREADABLE"));
  await blobs.remove(key!);
  await assert.rejects(store!.readCheckpoint("a", 1), isError("CHECKPOINT_UNREADABLE"));
});

test("take their logs with them when they are removed, also those whose server stopped meanwhile", async (temporary) => {
  const { stores: [store], database } = await servers(temporary, 1);
  for (const id of ["a", "b"]) {
    await store!.create(transferRecord({ id }), statusOnly("QUEUED"));
    const events = Array.from({ length: 50 }, (_, i) => stepEvent(i + 1));
    await store!.append(id, { from: ["QUEUED"], changes: {}, events });
  }
  await database.run("INSERT INTO removed SELECT ordinal FROM transfers WHERE id = 'a'");
  await database.run("DELETE FROM transfers WHERE id = 'a'");
  assert.equal((await database.all("SELECT 1 FROM events")).length, 102);
  await store!.sweep();
  assert.equal((await database.all("SELECT 1 FROM events")).length, 51);
  await store!.remove("b");
  assert.deepEqual(await database.all("SELECT 1 FROM events UNION ALL SELECT 1 FROM removed"), []);
});

test("are found by an index, whatever is asked of them", async (temporary) => {
  // Not to be used again: it keeps the setting.
  const settings = await temporary.open({ migrations: MIGRATIONS });
  await alone(settings);
  await settings.run("SELECT pg_stat_reset()");
  // What is still read as a whole then has no index that would do.
  await settings.run(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database()); END $$`,
  );
  const { stores: [store] } = await servers(temporary, 1);
  await store!.create(transferRecord({ id: "a", idempotencyKey: "k" }), statusOnly("QUEUED"));
  const run = { from: TRANSFER_STATUSES, changes: { resultId: "r" }, events: [statusOnly("RUNNING"), stepEvent(1)] };
  const page = { owner: "local", statuses: null, olderThan: null, newerThan: null, limit: 9, take: "newest" } as const;
  await store!.append("a", run);
  await store!.append("a", { ...run, changes: { step: 1 } });
  await store!.saveCheckpoint("a", 1, new Uint8Array(1));
  await store!.saveFrame("a", FRAME, new Uint8Array(1), true);
  await store!.readCheckpoint("a", 1);
  await store!.readFrame("a", 1);
  await store!.frames("a");
  await store!.checkpoints("a");
  await store!.events("a", 1, 9);
  await store!.lossHistory("a", 9);
  await store!.removeFrames("a", [1]);
  for (const owner of ["local", null]) {
    for (const statuses of [null, ["RUNNING", "QUEUED"] as const]) await store!.list({ ...page, owner, statuses });
    await store!.count(owner, ["QUEUED"]);
  }
  await store!.count("local", null);
  await store!.withStatus(["RUNNING"]);
  await store!.ended();
  await store!.imageUses("r");
  await store!.bytesOf("local");
  await store!.addWork("local", 1, 1);
  await store!.workOf("local", 1);
  await store!.remove("a");
  await alone(settings);
  await settings.run("CREATE TABLE mark (a int)");
  await settings.all("SELECT 1 FROM mark");
  const last = await temporary.open();
  let read: string[] = [];
  // PostgreSQL 14 tells it a little later, and what ended earlier before what ended later.
  while (read.length === 0) read = await readAsAWhole(last);
  assert.deepEqual(read, ["mark"]);
});

/** Tables that connections which have ended since have read as a whole, but those that have a handful of rows. */
async function readAsAWhole(database: Database): Promise<string[]> {
  await alone(database);
  const rows = await database.all<{ name: string }>(
    `SELECT relname AS name FROM pg_stat_user_tables
      WHERE seq_scan > 0 AND relname NOT IN ('version', 'removed', 'loss_layers')`,
  );
  return rows.map(({ name }) => name);
}

/** Ends all other connections. Each counts for itself, and adds that up when it ends. */
async function alone(database: Database): Promise<void> {
  await endConnections(database);
  const others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
  while (await database.first(others) !== undefined);
}
