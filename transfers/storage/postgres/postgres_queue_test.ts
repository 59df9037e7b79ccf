import assert from "node:assert/strict";
import fc from "fast-check";
import { FakeClock } from "../../testing/fake_clock.ts";
import { NO_NEEDS, statusOnly, transferRecord, WORKER } from "../../testing/records.ts";
import { testWhere } from "../../../tests/testing/test_where.ts";
import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import { MemoryStorage } from "../memory/memory_storage.ts";
import type { Claim, QueueEntry, TransferQueue } from "../ports.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { NO_POSTGRES } from "./testing/postgres_programs.ts";
import { Servers } from "./testing/servers.ts";

const LEASE = 15_000;
const IDS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const OWNERS = ["ann", "bob", "cyd"];
const WORKERS = [
  { name: "any", memoryBytes: null, layers: null },
  { name: "small", memoryBytes: 1, layers: null },
  { name: "front", memoryBytes: 2, layers: ["x"] },
];
const MOST = { VIEWER: 0, USER: 1, ADMIN: null };

function test(title: string, body: () => Promise<void>): void {
  testWhere(NO_POSTGRES, `the queue in PostgreSQL ${title}`, body);
}

/** What is done, on two queues alike. Claims are named by the order in which they were given. */
type Step =
  | { readonly does: "reserve"; readonly entry: QueueEntry; readonly limited: boolean }
  | { readonly does: "confirm" | "settle"; readonly id: string }
  | { readonly does: "claim"; readonly worker: (typeof WORKERS)[number]; readonly limited: boolean }
  | { readonly does: "settle claim" | "release"; readonly claim: number }
  | { readonly does: "renew"; readonly worker: string }
  | { readonly does: "drop" }
  /** None of their sums is near a lease or a minute: the database's clock goes on meanwhile. */
  | { readonly does: "later"; readonly milliseconds: number };

const id = fc.constantFrom(...IDS);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constant("reserve" as const),
        limited: fc.boolean(),
        entry: fc.record({
          id,
          owner: fc.constantFrom(...OWNERS),
          priority: fc.integer({ min: 0, max: 1 }),
          role: fc.constantFrom("USER" as const, "ADMIN" as const),
          needs: fc.record({
            memoryBytes: fc.integer({ min: 1, max: 3 }),
            layers: fc.constantFrom(["x"], ["y", "x"], []),
          }),
        }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ does: fc.constant("confirm" as const), id }) },
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constant("claim" as const),
        worker: fc.constantFrom(...WORKERS),
        limited: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("settle" as const), id }) },
    {
      weight: 2,
      arbitrary: fc.record({ does: fc.constantFrom("settle claim" as const, "release" as const), claim: fc.nat(9) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ does: fc.constant("renew" as const), worker: fc.constantFrom("any", "small") }),
    },
    { weight: 1, arbitrary: fc.constant({ does: "drop" as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ does: fc.constant("later" as const), milliseconds: fc.constantFrom(11_000, 35_000) }),
    },
  ),
  { maxLength: 40 },
);

/** A queue on which steps are taken. */
class Steps {
  readonly #queue: TransferQueue;
  readonly #later: (milliseconds: number) => Promise<void>;
  readonly #claims: Claim[] = [];

  constructor(queue: TransferQueue, later: (milliseconds: number) => Promise<void>) {
    this.#queue = queue;
    this.#later = later;
  }

  async take(step: Step): Promise<unknown> {
    switch (step.does) {
      case "reserve": {
        const limits = step.limited ? { total: 5, perOwner: 2 } : null;
        return await this.#queue.reserve(step.entry, limits).then(() => null, (error) => error.message);
      }
      case "confirm":
        return await this.#queue.confirm(step.id);
      case "settle":
        return await this.#queue.settle(step.id);
      case "claim": {
        const claim = await this.#queue.claim(step.worker, step.limited ? MOST : undefined);
        if (claim !== null) this.#claims.push(claim);
        return claim?.id;
      }
      case "settle claim":
      case "release": {
        const claim = this.#claims[step.claim];
        if (claim === undefined) return;
        return step.does === "release" ? await this.#queue.release(claim) : await this.#queue.settle(claim.id, claim);
      }
      case "renew":
        return (await this.#queue.renew(step.worker)).map((claim) => this.#nameOf(claim));
      case "drop":
        return await this.#queue.dropUnconfirmed();
      case "later":
        return await this.#later(step.milliseconds);
    }
  }

  /** All that can be asked. */
  async look(): Promise<unknown> {
    const queue = this.#queue;
    const [waiting, first, length, missing, positions, holders, counts, claimed] = await Promise.all([
      queue.waiting(99),
      queue.waiting(2),
      queue.length(),
      queue.missing(IDS),
      Promise.all(IDS.map((id) => queue.position(id))),
      Promise.all(IDS.map((id) => queue.holder(id))),
      Promise.all(OWNERS.map((owner) => queue.counts(owner))),
      Promise.all(WORKERS.map(({ name }) => queue.claimed(name))),
    ]);
    const named = claimed.map((claims) => claims.map((claim) => this.#nameOf(claim)));
    return { waiting, first, length, missing, positions, holders, counts, claimed: named };
  }

  #nameOf({ id, epoch }: Claim): string {
    return `${id}: ${this.#claims.findIndex((claim) => claim.epoch === epoch)}`;
  }
}

test("answers as the one in memory does, whatever is done", async () => {
  await using servers = await Servers.open(LEASE);
  const { database, queue } = servers.first;
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const clock = new FakeClock();
      const memory = new Steps(
        new MemoryStorage({ clock, leaseMilliseconds: LEASE }).queue,
        (milliseconds) => Promise.resolve(clock.advance(milliseconds)),
      );
      const postgres = new Steps(queue, (milliseconds) => servers.later(milliseconds));
      for (const step of taken) {
        assert.deepEqual(await postgres.take(step), await memory.take(step), JSON.stringify(step));
        assert.deepEqual(await postgres.look(), await memory.look(), JSON.stringify(step));
      }
      for (const id of IDS) await queue.settle(id);
      await queue.dropUnconfirmed();
      // Nothing is left, but lanes with their turns.
      const left = await database.first(
        `SELECT (SELECT count(*) FROM queue) + (SELECT count(*) FROM queue_heads) + (SELECT count(*) FROM queue_blocks) + (SELECT count(*) FROM queue_claims)
           + (SELECT count(*) FROM queue_owners) + (SELECT count(*) FROM queue_kinds)
           + (SELECT count(head) FROM queue_lanes) + (SELECT waiting + reserved FROM queue_state) AS left`,
      );
      assert.deepEqual(left, { left: 0 });
      await database.run("DELETE FROM queue_lanes");
    }),
    { numRuns: 12 },
  );
});

test("passes over a transfer that a server which hangs has locked, and no other", async () => {
  await using servers = await Servers.open(LEASE);
  const { first: { database, queue }, second } = servers;
  const store = new PostgresTransferStore(database, new MemoryBlobs());
  for (const id of ["a", "b"]) {
    await store.create(transferRecord({ id }), statusOnly("QUEUED"));
    await queue.reserve({ id, owner: "local", priority: 0, role: "USER", needs: NO_NEEDS }, null);
    await queue.confirm(id);
  }
  await queue.claim(WORKER);
  await servers.later(LEASE + 1);
  await using hanging = await database.session();
  await hanging.run("BEGIN");
  await hanging.run("UPDATE transfers SET attempts = 1 WHERE id = 'a'");
  assert.equal((await second.queue.claim(WORKER))?.id, "b");
  assert.equal(await second.queue.claim(WORKER), null);
  await hanging.run("ROLLBACK");
  assert.equal((await second.queue.claim(WORKER))?.id, "a");
});

test("wakes those who watch when a lease may have run out, also while nothing is heard", async () => {
  await using servers = await Servers.open(LEASE);
  const { promise: woken, resolve } = Promise.withResolvers<void>();
  await servers.deafen();
  using _watch = servers.first.queue.watch(resolve);
  await woken;
});
