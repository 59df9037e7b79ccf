import assert from "node:assert/strict";
import { testWhere } from "../../../tests/testing/test_where.ts";
import { isError } from "../../testing/errors.ts";
import { SILENT_LOG } from "../../log.ts";
import { PostgresExclusion } from "./postgres_exclusion.ts";
import { NO_POSTGRES } from "./testing/postgres_programs.ts";
import { Servers } from "./testing/servers.ts";

function test(title: string, body: (servers: Servers) => Promise<void>): void {
  testWhere(NO_POSTGRES, `the exclusion of servers on PostgreSQL ${title}`, async () => {
    await using servers = await Servers.open();
    await body(servers);
  });
}

/** Ends the connections that have advisory locks. */
async function breakLocks({ second }: Servers): Promise<void> {
  await second.database.run(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()",
  );
}

test("tells whoever leads that it is not sure any more when its connection is gone, and lets one lead again", async (servers) => {
  const told: string[] = [];
  let begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const lead = async (lost: AbortSignal) => {
    told.push("begins");
    begun.resolve();
    await new Promise<void>((resolve) => lost.addEventListener("abort", () => resolve(), { once: true }));
    told.push("ends");
    ended.resolve();
  };
  await using _first = servers.first.exclusion.lead("task", lead);
  await begun.promise;
  await using _second = servers.second.exclusion.lead("task", lead);
  begun = Promise.withResolvers();
  await breakLocks(servers);
  await ended.promise;
  await begun.promise;
  // The database lets another lead as soon as the connection is gone; whoever led may hear of it a moment later.
  assert.deepEqual(told.toSorted(), ["begins", "begins", "ends"]);
});

test("leads again after a task that failed", async ({ first }) => {
  const { promise: again, resolve } = Promise.withResolvers<void>();
  let times = 0;
  await using _lead = first.exclusion.lead("task", () => {
    if (++times === 1) return Promise.reject(new Error("no"));
    return Promise.resolve(resolve());
  });
  await again;
});

test("lets others have their turns when the connection of one is gone", async (servers) => {
  const { first, second } = servers;
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const turn = first.exclusion.inTurn("a", () => {
    begun.resolve();
    return held;
  });
  await begun.promise;
  const next = second.exclusion.inTurn("a", () => Promise.resolve("next"));
  await breakLocks(servers);
  assert.equal(await next, "next");
  letGo();
  await turn;
  assert.equal(await first.exclusion.inTurn("a", () => Promise.resolve("again")), "again");
});

test("gives up a turn that does not come, and those that wait in each other", async ({ first: { database, exclusion } }) => {
  await using impatient = new PostgresExclusion(database, SILENT_LOG, { turnPatience: 100 });
  await exclusion.inTurn("a", async () => {
    await assert.rejects(impatient.inTurn("a", () => assert.fail()), isError("STORAGE_UNAVAILABLE"));
  });
  const inside = (i: number) =>
    impatient.inTurn(`outer ${i}`, () => impatient.inTurn(`inner ${i}`, () => Promise.resolve(i)));
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(inside));
  assert.ok(results.some(({ status }) => status === "rejected"));
  assert.equal(await inside(5), 5);
});
