import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import fc from "fast-check";
import { GramcastError } from "../../../errors.ts";
import type { Role } from "../../caller.ts";
import { NO_NEEDS, WORKER } from "../../testing/records.ts";
import type { Claim, Claimant, MostRunning, QueueEntry, TransferQueue } from "../ports.ts";

/** A queue under test. */
export interface OpenQueue {
  readonly queue: TransferQueue;
  /** The same queue as another server has it; the same object where one process is alone with it. */
  readonly other: TransferQueue;
  /** Lets so many milliseconds pass by the storage's clock; it may do nothing where claims last for ever. */
  later(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

/** What every queue must do. `open` gives an empty one and `close` lets it go. */
export function testTransferQueue(name: string, open: () => Promise<OpenQueue>): void {
  const test = suite(name, open);

  test("claims first in, first out", async ({ queue }) => {
    await put(queue, "a", "b", "c");
    assert.deepEqual(await claimAll(queue), ["a", "b", "c"]);
    assert.equal(await claim(queue), null);
  });

  test("claims the highest priority first", async ({ queue }) => {
    await put(queue, "a:ann:0", "b:ann:5", "c:bob:-1", "d:bob:5");
    assert.deepEqual(await claimAll(queue), ["b", "d", "a", "c"]);
  });

  test("lets owners take turns, the one longest without a turn first", async ({ queue }) => {
    await put(queue, "a1:ann", "a2:ann", "a3:ann", "b1:bob", "b2:bob");
    assert.deepEqual(await queue.waiting(99), ["a1", "b1", "a2", "b2", "a3"]);
    assert.equal(await claim(queue), "a1");
    await put(queue, "c1:cyd");
    assert.deepEqual(await queue.waiting(99), ["b1", "c1", "a2", "b2", "a3"]);
    assert.deepEqual(await claimAll(queue), ["b1", "c1", "a2", "b2", "a3"]);
  });

  test("counts positions among those that wait", async ({ queue }) => {
    await put(queue, "a", "b", "c");
    await claim(queue);
    assert.deepEqual(await Promise.all(["a", "b", "c", "x"].map((id) => queue.position(id))), [null, 0, 1, null]);
  });

  test("claims nothing that is not confirmed", async ({ queue }) => {
    await queue.reserve(entry("a"), null);
    assert.deepEqual([await claim(queue), await queue.position("a")], [null, null]);
    await queue.confirm("a");
    assert.equal(await claim(queue), "a");
  });

  test("drops reservations that were never confirmed", async ({ queue, later }) => {
    await queue.reserve(entry("a"), null);
    await put(queue, "b");
    await later(61_000);
    await queue.dropUnconfirmed();
    await queue.confirm("a");
    assert.deepEqual(await queue.waiting(99), ["b"]);
  });

  test("reserves one place for an id, however often it is asked", async ({ queue }) => {
    await put(queue, "a", "a");
    assert.deepEqual(await claimAll(queue), ["a"]);
    await put(queue, "a");
    assert.equal(await claim(queue), null);
    await queue.settle("a");
    await put(queue, "a");
    assert.equal(await claim(queue), "a");
  });

  test("remembers what a worker claimed until it is settled", async ({ queue }) => {
    await put(queue, "b", "a", "c");
    const b = await take(queue, "w1");
    const a = await take(queue, "w1");
    const c = await take(queue, "w2");
    assert.deepEqual([b.id, a.id, c.id], ["b", "a", "c"]);
    assert.deepEqual([await queue.claimed("w1"), await queue.claimed("w2")], [[b, a], [c]]);
    await queue.settle("b");
    assert.deepEqual(await queue.claimed("w1"), [a]);
  });

  test("refuses more than its limits, naming them, and counts reservations", async ({ queue }) => {
    const limits = { total: 3, perOwner: 2 };
    await queue.reserve(entry("a", "ann"), limits);
    await queue.reserve(entry("b", "ann"), limits);
    await assert.rejects(queue.reserve(entry("c", "ann"), limits), isFull("at most 2 in"));
    await queue.reserve(entry("d", "bob"), limits);
    await assert.rejects(queue.reserve(entry("e", "cyd"), limits), isFull("fewer than 3"));
    await queue.reserve(entry("e", "cyd"), null);
    await assert.rejects(queue.reserve(entry("g", "ann"), { total: 9, perOwner: 2 }), isFull("at most 2 in"));
    await queue.reserve(entry("g", "ann"), { total: 9, perOwner: null });
    await queue.settle("g");
    await queue.settle("a");
    await queue.settle("e");
    await queue.reserve(entry("f", "cyd"), limits);
  });

  test("reserves for all of several, or for none", async ({ queue }) => {
    await put(queue, "x:ann", "y:bob");
    const limits = { total: 5, perOwner: 4 };
    const some = (ids: string, owner: string) => [...ids].map((id) => entry(id, owner));
    await assert.rejects(
      queue.reserveAll(some("abcd", "ann"), limits),
      (error) =>
        error instanceof GramcastError && error.code === "QUOTA_EXCEEDED" &&
        error.message.includes("1 transfers used and 4 more"),
    );
    await assert.rejects(
      queue.reserveAll(some("abcd", "cyd"), limits),
      (error) =>
        error instanceof GramcastError && error.code === "QUEUE_FULL" && error.message.includes("wanted at most 5"),
    );
    assert.deepEqual(await queue.missing(["a", "b", "c", "d"]), ["a", "b", "c", "d"]);
    await queue.reserveAll(some("abc", "ann"), limits);
    assert.deepEqual([await queue.waiting(9), await queue.counts("ann")], [["x", "y"], { waiting: 4, running: 0 }]);
    await queue.confirm("a", "b", "none", "c");
    assert.deepEqual(await claimAll(queue), ["x", "y", "a", "b", "c"]);
  });

  test("lets a batch wait for the turns of others, and for what has a higher priority", async ({ queue }) => {
    const batch = Array.from({ length: 64 }, (_, i) => entry(`a${i}`, "ann"));
    await queue.reserveAll(batch, { total: 1000, perOwner: null });
    await queue.confirm(...batch.map(({ id }) => id));
    await put(queue, "b1:bob", "b2:bob", "mine:ann:1");
    assert.equal(await queue.position("b2"), 4);
    assert.deepEqual((await claimAll(queue)).slice(0, 6), ["mine", "a0", "b1", "a1", "b2", "a2"]);
  });

  test("does not count claimed ones against its limits", async ({ queue }) => {
    await put(queue, "a");
    await claim(queue);
    await queue.reserve(entry("b"), { total: 1, perOwner: 1 });
  });

  test("passes over owners who have as many claimed as their role allows, and keeps their turn", async ({ queue }) => {
    const most = { VIEWER: 0, USER: 1, ADMIN: null };
    await put(queue, "a1:ann", "a2:ann", "b1:bob", "c1:cyd:-1");
    assert.deepEqual([await claim(queue, "w", most), await claim(queue, "w", most)], ["a1", "b1"]);
    await queue.reserve(entry("b2", "bob", 0, "ADMIN"), null);
    await queue.confirm("b2");
    assert.deepEqual(await queue.waiting(99), ["a2", "b2", "c1"]);
    assert.equal(await claim(queue, "v", most), "b2");
    assert.equal(await claim(queue, "v", most), "c1");
    assert.equal(await claim(queue, "v", most), null);
    await queue.settle("a1");
    assert.equal(await claim(queue, "v", most), "a2");
  });

  test("counts what waits, reservations included, and what is claimed of an owner", async ({ queue }) => {
    await put(queue, "a1:ann", "a2:ann", "b1:bob");
    await queue.reserve(entry("a3", "ann"), null);
    await claim(queue);
    assert.deepEqual(await queue.counts("ann"), { waiting: 2, running: 1 });
    assert.deepEqual(await queue.counts("cyd"), { waiting: 0, running: 0 });
  });

  test("gives one entry to one of two that claim at once", async ({ queue, other }) => {
    await put(queue, "a");
    const claims = await Promise.all([claim(queue, "w1"), claim(other, "w2")]);
    assert.deepEqual(claims.filter((id) => id !== null), ["a"]);
  });

  test("tells of owners that never had a turn in the order of their first entries, in every round", async ({ queue }) => {
    await put(queue, "c1:cyd", "a1:ann", "a2:ann", "c2:cyd");
    const told = await queue.waiting(99);
    assert.deepEqual(told, ["c1", "a1", "c2", "a2"]);
    assert.deepEqual(await claimAll(queue), told);
  });

  test("claims in the order that it tells, whatever is in it", async ({ queue }) => {
    const entries = fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 0, max: 99 }).map(String),
        owner: fc.constantFrom("ann", "bob", "cyd"),
        priority: fc.integer({ min: -1, max: 1 }),
      }),
      { selector: ({ id }) => id, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(entries, fc.nat({ max: 5 }), async (given, early) => {
        for (const one of given) {
          await queue.reserve(entry(one.id, one.owner, one.priority), null);
          await queue.confirm(one.id);
        }
        const first: (string | null)[] = [];
        for (let i = 0; i < early; i++) first.push(await claim(queue));
        const told = await queue.waiting(99);
        const rest = await claimAll(queue);
        for (const { id } of given) await queue.settle(id);
        assert.deepEqual(rest, told);
        assert.equal(new Set([...first.filter((id) => id !== null), ...rest]).size, given.length);
      }),
      { numRuns: 40 },
    );
  });

  test("gives each entry to one, and an owner no more than they may have, however many claim at once", async (opened) => {
    const { queue, other } = opened;
    const most = { VIEWER: 0, USER: 3, ADMIN: null };
    for (let i = 0; i < 5; i++) await put(queue, `a${i}:ann`, `b${i}:bob`);
    const claims = await Promise.all(
      Array.from({ length: 12 }, (_, i) => claim(i % 2 === 0 ? queue : other, `w${i}`, most)),
    );
    const ids = claims.filter((id) => id !== null);
    assert.deepEqual(ids.toSorted(), ["a0", "a1", "a2", "b0", "b1", "b2"]);
  });

  test("lets no more in than its limits, however many reserve at once", async ({ queue, other }) => {
    const reserved = await Promise.allSettled(
      Array.from(
        { length: 12 },
        (_, i) => (i % 2 === 0 ? queue : other).reserve(entry(`${i}`, `o${i % 3}`), { total: 5, perOwner: 2 }),
      ),
    );
    assert.equal(reserved.filter(({ status }) => status === "fulfilled").length, 5);
    for (const owner of ["o0", "o1", "o2"]) assert.ok((await queue.counts(owner)).waiting <= 2);
  });

  test("tells of as many that wait as it is asked for, and how many there are", async ({ queue }) => {
    await put(queue, "a", "b", "c", "d");
    await queue.reserve(entry("e"), null);
    await claim(queue);
    assert.deepEqual([await queue.waiting(2), await queue.waiting(0), await queue.length()], [["b", "c"], [], 3]);
    await queue.settle("b");
    await queue.settle("e");
    assert.deepEqual([await queue.waiting(2), await queue.length()], [["c", "d"], 2]);
  });

  test("tells which transfers it does not know", async ({ queue }) => {
    await put(queue, "a", "b", "c");
    await queue.reserve(entry("d"), null);
    await claim(queue);
    await queue.settle("b");
    assert.deepEqual(await queue.missing(["x", "a", "b", "c", "d"]), ["x", "b"]);
    assert.deepEqual(await queue.missing([]), []);
  });

  test("gives a worker only what it can run", async ({ queue }) => {
    await reserveAll(
      queue,
      entry("a", "ann", 0, "USER", { memoryBytes: 200, layers: ["conv1_1"] }),
      entry("b", "bob", 0, "USER", { memoryBytes: 100, layers: ["conv1_1", "conv5_1"] }),
      entry("c", "cyd", 0, "USER", { memoryBytes: 100, layers: [] }),
    );
    const small = { name: "small", memoryBytes: 100, layers: ["conv1_1", "conv2_1"] };
    const front = { name: "front", memoryBytes: null, layers: ["conv1_1"] };
    const tight = { name: "tight", memoryBytes: 199, layers: null };
    assert.equal((await queue.claim(small))?.id, "c");
    assert.equal(await queue.claim(small), null);
    assert.equal((await queue.claim(tight))?.id, "b");
    assert.equal(await queue.claim(tight), null);
    assert.equal((await queue.claim(front))?.id, "a");
  });

  test("lets owners take turns with those of theirs that a worker can run", async ({ queue }) => {
    const big = { memoryBytes: 200, layers: [] };
    await reserveAll(queue, entry("a1", "ann", 0, "USER", big));
    await put(queue, "a2:ann", "b1:bob", "b2:bob", "b3:bob", "a3:ann");
    const small = { name: "small", memoryBytes: 100, layers: null };
    const ids: (string | undefined)[] = [];
    for (let i = 0; i < 5; i++) ids.push((await queue.claim(small))?.id);
    assert.deepEqual(ids, ["a2", "b1", "a3", "b2", "b3"]);
    assert.equal(await claim(queue), "a1");
  });

  test("gives every claim of a transfer a higher epoch", async ({ queue }) => {
    await put(queue, "a");
    const first = await take(queue);
    await queue.release(first);
    const second = await take(queue);
    await queue.settle("a");
    await put(queue, "a");
    const third = await take(queue);
    assert.ok(first.epoch < second.epoch && second.epoch < third.epoch);
  });

  test("knows who holds a transfer", async ({ queue }) => {
    await put(queue, "a", "b");
    const a = await take(queue, "w1");
    assert.deepEqual([await queue.holder("a"), await queue.holder("b"), await queue.holder("x")], ["w1", null, null]);
    await queue.release(a);
    assert.equal(await queue.holder("a"), null);
    await take(queue, "w2");
    assert.equal(await queue.holder("a"), "w2");
    await queue.settle("a");
    assert.equal(await queue.holder("a"), null);
  });

  test("gives what was released to anybody, before all that waits", async ({ queue }) => {
    const most = { VIEWER: 0, USER: 1, ADMIN: null };
    await put(queue, "a1:ann", "a2:ann");
    const claimed = await take(queue, "w1");
    await put(queue, "b:bob:9");
    await queue.release(claimed);
    assert.deepEqual([await queue.claimed("w1"), await queue.position("a1")], [[], null]);
    assert.deepEqual(await queue.counts("ann"), { waiting: 1, running: 1 });
    assert.equal(await claim(queue, "w2", most), "a1");
    assert.equal(await claim(queue, "w2", most), "b");
    assert.equal(await claim(queue, "w2", most), null);
  });

  test("gives what was released only to who can run it", async ({ queue }) => {
    await reserveAll(queue, entry("a", "ann", 0, "USER", { memoryBytes: 200, layers: [] }));
    await queue.release(await take(queue));
    assert.equal(await queue.claim({ name: "small", memoryBytes: 100, layers: null }), null);
    assert.equal(await claim(queue), "a");
  });

  test("settles and releases nothing under a claim that is not the newest", async ({ queue }) => {
    await put(queue, "a");
    const stale = await take(queue, "w1");
    await queue.release(stale);
    const claimed = await take(queue, "w2");
    await queue.settle("a", stale);
    await queue.release(stale);
    assert.deepEqual([await queue.holder("a"), await queue.claimed("w2")], ["w2", [claimed]]);
    await queue.settle("a", claimed);
    assert.deepEqual([await queue.holder("a"), await queue.missing(["a"])], [null, ["a"]]);
  });

  test("renews what a worker has claimed", async ({ queue }) => {
    await put(queue, "a", "b", "c");
    const a = await take(queue, "w1");
    await take(queue, "w2");
    const c = await take(queue, "w1");
    assert.deepEqual(await queue.renew("w1"), [a, c]);
    await queue.settle("a");
    await queue.release(c);
    assert.deepEqual(await queue.renew("w1"), []);
  });

  test("wakes those who watch when any server has something to claim", async ({ queue, other }) => {
    let woken = Promise.withResolvers<void>();
    using _watch = queue.watch(() => woken.resolve());
    await put(other, "a");
    await woken.promise;
    const first = await take(queue);
    woken = Promise.withResolvers();
    await other.release(first);
    await woken.promise;
    const second = await take(queue);
    await put(other, "b");
    await woken.promise;
    woken = Promise.withResolvers();
    // Its owner may have another claimed now.
    await other.settle("a", second);
    await woken.promise;
  });

  test("gives a transfer whose lease has run out to another, before all that waits", async ({ queue, later }) => {
    if (queue.leaseMilliseconds === null) return;
    await put(queue, "a");
    const stale = await take(queue, "w1");
    await put(queue, "b:bob:9");
    await later(queue.leaseMilliseconds - 1000);
    assert.deepEqual(await queue.renew("w1"), [stale]);
    await later(queue.leaseMilliseconds - 1000);
    assert.equal(await queue.holder("a"), "w1");
    await later(2000);
    assert.equal(await queue.holder("a"), null);
    const claimed = await take(queue, "w2");
    assert.equal(claimed.id, "a");
    assert.ok(claimed.epoch > stale.epoch);
    assert.deepEqual([await queue.renew("w1"), await queue.claimed("w1")], [[], []]);
    await queue.settle("a", stale);
    assert.equal(await queue.holder("a"), "w2");
  });

  test("has a lease that has run out in force again where nobody else claimed since", async ({ queue, later }) => {
    if (queue.leaseMilliseconds === null) return;
    await put(queue, "a");
    const claimed = await take(queue, "w1");
    await later(queue.leaseMilliseconds + 1000);
    assert.deepEqual(await queue.claimed("w1"), [claimed]);
    assert.deepEqual(await queue.renew("w1"), [claimed]);
    assert.deepEqual([await queue.holder("a"), await claim(queue, "w2")], ["w1", null]);
  });

  test("drops no reservation that may still be confirmed by its server", async ({ queue, later }) => {
    if (queue.leaseMilliseconds === null) return;
    await queue.reserve(entry("a"), null);
    await later(59_000);
    await queue.dropUnconfirmed();
    await queue.confirm("a");
    await later(61_000);
    await queue.dropUnconfirmed();
    assert.deepEqual(await queue.waiting(9), ["a"]);
  });
}

function entry(
  id: string,
  owner = "local",
  priority = 0,
  role: Role = "USER",
  needs: QueueEntry["needs"] = NO_NEEDS,
): QueueEntry {
  return { id, owner, priority, role, needs };
}

async function reserveAll(queue: TransferQueue, ...entries: readonly QueueEntry[]): Promise<void> {
  for (const each of entries) {
    await queue.reserve(each, null);
    await queue.confirm(each.id);
  }
}

/** A worker that can run everything. */
function able(name: string): Claimant {
  return { ...WORKER, name };
}

/** The id of what a worker that can run everything gets. */
async function claim(queue: TransferQueue, worker = "w", most?: MostRunning): Promise<string | null> {
  return (await queue.claim(able(worker), most))?.id ?? null;
}

/** Claims what there has to be. */
async function take(queue: TransferQueue, worker = "w"): Promise<Claim> {
  const claimed = await queue.claim(able(worker));
  assert.ok(claimed !== null);
  return claimed;
}

/** Queues entries written as `id:owner:priority`. */
async function put(queue: TransferQueue, ...specs: string[]): Promise<void> {
  for (const spec of specs) {
    const [id, owner, priority] = spec.split(":");
    await queue.reserve(entry(id!, owner, Number(priority ?? 0)), null);
    await queue.confirm(id!);
  }
}

async function claimAll(queue: TransferQueue): Promise<string[]> {
  const ids: string[] = [];
  for (let id = await claim(queue); id !== null; id = await claim(queue)) ids.push(id);
  return ids;
}

function isFull(limit: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof GramcastError && ["QUEUE_FULL", "QUOTA_EXCEEDED"].includes(error.code) &&
    error.message.includes(limit);
}
