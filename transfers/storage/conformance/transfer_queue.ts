import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import fc from "fast-check";
import { GramcastError } from "../../../errors.ts";
import type { Role } from "../../caller.ts";
import { NO_NEEDS, WORKER } from "../../testing/records.ts";
import type { Claimant, MostRunning, QueueEntry, TransferQueue } from "../ports.ts";

/** What every queue must do. `open` gives an empty one and `close` lets it go. */
export function testTransferQueue(
  name: string,
  open: () => Promise<{ queue: TransferQueue; close: () => Promise<void> }>,
): void {
  const test = suite(name, open);

  test("claims first in, first out", async ({ queue }) => {
    await put(queue, "a", "b", "c");
    assert.deepEqual(await claimAll(queue), ["a", "b", "c"]);
    assert.equal(await claim(queue, "w"), null);
  });

  test("claims the highest priority first", async ({ queue }) => {
    await put(queue, "a:ann:0", "b:ann:5", "c:bob:-1", "d:bob:5");
    assert.deepEqual(await claimAll(queue), ["b", "d", "a", "c"]);
  });

  test("lets owners take turns, the one longest without a turn first", async ({ queue }) => {
    await put(queue, "a1:ann", "a2:ann", "a3:ann", "b1:bob", "b2:bob");
    assert.deepEqual(await queue.waiting(99), ["a1", "b1", "a2", "b2", "a3"]);
    assert.equal(await claim(queue, "w"), "a1");
    await put(queue, "c1:cyd");
    assert.deepEqual(await queue.waiting(99), ["b1", "c1", "a2", "b2", "a3"]);
    assert.deepEqual(await claimAll(queue), ["b1", "c1", "a2", "b2", "a3"]);
  });

  test("counts positions among those that wait", async ({ queue }) => {
    await put(queue, "a", "b", "c");
    await claim(queue, "w");
    assert.deepEqual(await Promise.all(["a", "b", "c", "x"].map((id) => queue.position(id))), [null, 0, 1, null]);
  });

  test("claims nothing that is not confirmed", async ({ queue }) => {
    await queue.reserve(entry("a"), null);
    assert.deepEqual([await claim(queue, "w"), await queue.position("a")], [null, null]);
    await queue.confirm("a");
    assert.equal(await claim(queue, "w"), "a");
  });

  test("drops reservations that were never confirmed", async ({ queue }) => {
    await queue.reserve(entry("a"), null);
    await put(queue, "b");
    await queue.dropUnconfirmed();
    await queue.confirm("a");
    assert.deepEqual(await queue.waiting(99), ["b"]);
  });

  test("reserves one place for an id, however often it is asked", async ({ queue }) => {
    await put(queue, "a", "a");
    assert.deepEqual(await claimAll(queue), ["a"]);
    await put(queue, "a");
    assert.equal(await claim(queue, "w"), null);
    await queue.settle("a");
    await put(queue, "a");
    assert.equal(await claim(queue, "w"), "a");
  });

  test("remembers what a worker claimed until it is settled", async ({ queue }) => {
    await put(queue, "b", "a", "c");
    await claim(queue, "w1");
    await claim(queue, "w1");
    await claim(queue, "w2");
    assert.deepEqual([await claimed(queue, "w1"), await claimed(queue, "w2")], [["b", "a"], ["c"]]);
    await queue.settle("b");
    assert.deepEqual(await claimed(queue, "w1"), ["a"]);
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

  test("does not count claimed ones against its limits", async ({ queue }) => {
    await put(queue, "a");
    await claim(queue, "w");
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
    await claim(queue, "w");
    assert.deepEqual(await queue.counts("ann"), { waiting: 2, running: 1 });
    assert.deepEqual(await queue.counts("cyd"), { waiting: 0, running: 0 });
  });

  test("gives one entry to one of two that claim at once", async ({ queue }) => {
    await put(queue, "a");
    const claims = await Promise.all([claim(queue, "w1"), claim(queue, "w2")]);
    assert.deepEqual(claims.filter((id) => id !== null), ["a"]);
  });

  test("tells of owners that never had a turn in the order of their first entries, in every round", async ({ queue }) => {
    await put(queue, "c1:cyd", "a1:ann", "a2:ann", "c2:cyd");
    const told = await queue.waiting(99);
    assert.deepEqual(told, ["c1", "a1", "c2", "a2"]);
    assert.deepEqual(await claimAll(queue), told);
  });

  test("gives a transfer that was released to anybody at once, before all that waits", async ({ queue }) => {
    await put(queue, "a", "b");
    const first = (await queue.claim(worker("w1")))!;
    await queue.release(first);
    assert.deepEqual([await queue.holder("a"), await queue.position("a"), await claimed(queue, "w1")], [
      null,
      null,
      [],
    ]);
    await put(queue, "c::9");
    const second = (await queue.claim(worker("w2"), { VIEWER: 0, USER: 0, ADMIN: 0 }))!;
    assert.deepEqual([second.id, await queue.holder("a"), await queue.missing(["a"])], ["a", "w2", []]);
    assert.ok(second.epoch > first.epoch);
  });

  test("settles and releases nothing for a claim that is in force no more", async ({ queue }) => {
    await put(queue, "a");
    const first = (await queue.claim(worker("w1")))!;
    await queue.release(first);
    const second = (await queue.claim(worker("w2")))!;
    await queue.settle("a", first);
    await queue.release(first);
    assert.deepEqual([await queue.holder("a"), await queue.renew("w2"), await queue.renew("w1")], ["w2", [second], []]);
    await queue.settle("a", second);
    assert.deepEqual([await queue.holder("a"), await queue.missing(["a"])], [null, ["a"]]);
  });

  test("gives each claim of a transfer a higher epoch, also after it was settled", async ({ queue }) => {
    const epochs: number[] = [];
    for (const ends of ["release", "settle", "release", "settle"]) {
      await put(queue, "a", "b");
      const one = (await queue.claim(worker("w")))!;
      epochs.push(one.epoch);
      if (ends === "release") await queue.release(one);
      else await queue.settle("a", one);
    }
    assert.deepEqual(epochs, [...new Set(epochs)].sort((x, y) => x - y));
  });

  test("gives a worker only what it can run, whatever is before that", async ({ queue }) => {
    for (const [id, memoryBytes, layers] of [["a", 9, ["x"]], ["b", 5, ["x", "y"]], ["c", 5, ["x"]]] as const) {
      await queue.reserve({ ...entry(id), needs: { memoryBytes, layers } }, null);
      await queue.confirm(id);
    }
    const small = { name: "small", memoryBytes: 5, layers: ["x"] };
    assert.deepEqual([(await queue.claim(small))?.id, await queue.claim(small)], ["c", null]);
    const large = (await queue.claim(worker("large")))!;
    assert.equal(large.id, "a");
    await queue.release(large);
    assert.equal(await queue.claim(small), null);
    assert.deepEqual(await claimAll(queue), ["a", "b"]);
  });

  test("counts all that wait, and lists the first of them", async ({ queue }) => {
    await put(queue, "a", "b", "c");
    await queue.reserve(entry("d"), null);
    assert.deepEqual([await queue.length(), await queue.waiting(2), await queue.waiting(0)], [3, ["a", "b"], []]);
  });

  test("knows of which transfers it knows nothing", async ({ queue }) => {
    await put(queue, "a", "b");
    await queue.reserve(entry("c"), null);
    await queue.claim(worker("w"));
    assert.deepEqual(await queue.missing(["x", "a", "b", "c", "y"]), ["x", "y"]);
    assert.deepEqual(await queue.missing([]), []);
  });

  test("wakes those who watch when there may be something to claim", async ({ queue }) => {
    let woken = Promise.withResolvers<void>();
    using _watch = queue.watch(() => woken.resolve());
    await put(queue, "a");
    await woken.promise;
    const first = (await queue.claim(worker("w")))!;
    woken = Promise.withResolvers();
    await queue.release(first);
    await woken.promise;
    const second = (await queue.claim(worker("w")))!;
    woken = Promise.withResolvers();
    await queue.settle("a", second);
    await woken.promise;
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
        for (let i = 0; i < early; i++) first.push(await claim(queue, "w"));
        const told = await queue.waiting(99);
        const rest = await claimAll(queue);
        for (const { id } of given) await queue.settle(id);
        assert.deepEqual(rest, told);
        assert.equal(new Set([...first.filter((id) => id !== null), ...rest]).size, given.length);
      }),
      { numRuns: 40 },
    );
  });
}

function entry(id: string, owner = "local", priority = 0, role: Role = "USER"): QueueEntry {
  return { id, owner, priority, role, needs: NO_NEEDS };
}

/** A worker that can run anything. */
function worker(name: string): Claimant {
  return { ...WORKER, name };
}

/** Id of what a worker gets. */
async function claim(queue: TransferQueue, name: string, most?: MostRunning): Promise<string | null> {
  return (await queue.claim(worker(name), most))?.id ?? null;
}

/** Ids of what a worker has. */
async function claimed(queue: TransferQueue, name: string): Promise<string[]> {
  return (await queue.claimed(name)).map(({ id }) => id);
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
  for (let id = await claim(queue, "w"); id !== null; id = await claim(queue, "w")) ids.push(id);
  return ids;
}

function isFull(limit: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof GramcastError && ["QUEUE_FULL", "QUOTA_EXCEEDED"].includes(error.code) &&
    error.message.includes(limit);
}
