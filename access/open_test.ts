import assert from "node:assert/strict";
import { readConfig } from "../config.ts";
import { SILENT_LOG } from "../transfers/log.ts";
import { isError } from "../transfers/testing/errors.ts";
import { FakeClock } from "../transfers/testing/fake_clock.ts";
import { postgresTest } from "../transfers/storage/postgres/testing/postgres_suite.ts";
import { Access } from "./access.ts";
import { openAccess, tellAccess } from "./open.ts";
import type { KeyRecord } from "./ports.ts";
import { MemoryAccessStore } from "./storage/memory_access_store.ts";

const CONFIG = readConfig((name) => name === "AUTH" ? "keys" : undefined);
const URL = "http://127.0.0.1:4000";

/** A store whose first lists are answered when two have asked for one. */
class StoreOfTwo extends MemoryAccessStore {
  readonly #both = Promise.withResolvers<void>();
  #asked = 0;

  override async keys(): Promise<readonly KeyRecord[]> {
    const keys = await super.keys();
    if (++this.#asked === 2) this.#both.resolve();
    await this.#both.promise;
    return keys;
  }
}

Deno.test("of servers that start at once with no key, one tells the first", async () => {
  const store = new StoreOfTwo();
  const clock = new FakeClock();
  const servers = await Promise.all([1, 2].map(() => Access.open({ ways: ["keys"], store, clock })));
  const told: string[] = [];
  await Promise.all(servers.map((access) => tellAccess(access, CONFIG, URL, SILENT_LOG, (line) => told.push(line))));
  assert.equal(told.filter((line) => line.startsWith("The first key")).length, 1);
  const [key] = /gram_\w+/.exec(told.join())!;
  assert.equal((await servers[0]!.keys.identify(key))?.caller.role, "ADMIN");
  for (const access of servers) await access[Symbol.asyncDispose]();
});

postgresTest("servers of one database")("take each other's keys, links and shares", async ({ url }) => {
  const config = { ...CONFIG, databaseUrl: url };
  const clock = new FakeClock();
  await using a = await openAccess(config, clock, SILENT_LOG);
  await using b = await openAccess(config, clock, SILENT_LOG);
  const key = await a.keys.create({ name: "ann", role: "USER", expiresAt: null });
  const until = new AbortController();
  const session = await b.admit({ authorization: `Bearer ${key}`, url: null }, until.signal);
  assert.equal(session.caller.owner, "ann");
  const { path } = b.link(session, "/images/i");
  const linked = await a.admit({ authorization: null, url: new globalThis.URL(path, URL) }, until.signal);
  assert.equal(linked.caller.owner, "ann");
  // By the clock of all, which has nothing to do with this machine's.
  clock.advance(3 * 3_600_000);
  const late = a.admit({ authorization: null, url: new globalThis.URL(path, URL) }, until.signal);
  await assert.rejects(late, isError("UNAUTHENTICATED"));
  await b.keys.revoke("ann");
  await a.check();
  assert.equal(session.ended.aborted, false);
  await b.check();
  assert.ok(session.ended.aborted && linked.ended.aborted);
  until.abort();
});
