import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import fc from "fast-check";
import { GramcastError } from "../../../errors.ts";
import type { Role } from "../../caller.ts";
import type { QueueEntry, TransferQueue } from "../ports.ts";

/** What every queue must do. `open` gives an empty one and `close` lets it go. */
export function testTransferQueue(
  name: string,
  open: () => Promise<{ queue: TransferQueue; close: () => Promise<void> }>,
): void {
  const test = suite(name, open);

  test("claims first in, first out", async ({ queue }) => {
    await put(queue, "a", "b", "c");
    assert.deepEqual(await claimAll(queue), ["a", "b", "c"]);
    assert.equal(await queue.claim("w"), null);
  });

  test("claims the highest priority first", async ({ queue }) => {
    await put(queue, "a:ann:0", "b:ann:5", "c:bob:-1", "d:bob:5");
    assert.deepEqual(await claimAll(queue), ["b", "d", "a", "c"]);
  });

  test("lets owners take turns, the one longest without a turn first", async ({ queue }) => {
    await put(queue, "a1:ann", "a2:ann", "a3:ann", "b1:bob", "b2:bob");
    assert.deepEqual(await queue.waiting(), ["a1", "b1", "a2", "b2", "a3"]);
    assert.equal(await queue.claim("w"), "a1");
    await put(queue, "c1:cyd");
    assert.deepEqual(await queue.waiting(), ["b1", "c1", "a2", "b2", "a3"]);
    assert.deepEqual(await claimAll(queue), ["b1", "c1", "a2", "b2", "a3"]);
  });

  test("counts positions among those that wait", async ({ queue }) => {
    await put(queue, "a", "b", "c");
    await queue.claim("w");
    assert.deepEqual(await Promise.all(["a", "b", "c", "x"].map((id) => queue.position(id))), [null, 0, 1, null]);
  });

  test("claims nothing that is not confirmed", async ({ queue }) => {
    await queue.reserve(entry("a"), null);
    assert.deepEqual([await queue.claim("w"), await queue.position("a")], [null, null]);
    await queue.confirm("a");
    assert.equal(await queue.claim("w"), "a");
  });

  test("drops reservations that were never confirmed", async ({ queue }) => {
    await queue.reserve(entry("a"), null);
    await put(queue, "b");
    await queue.dropUnconfirmed();
    await queue.confirm("a");
    assert.deepEqual(await queue.waiting(), ["b"]);
  });

  test("reserves one place for an id, however often it is asked", async ({ queue }) => {
    await put(queue, "a", "a");
    assert.deepEqual(await claimAll(queue), ["a"]);
    await put(queue, "a");
    assert.equal(await queue.claim("w"), null);
    await queue.settle("a");
    await put(queue, "a");
    assert.equal(await queue.claim("w"), "a");
  });

  test("remembers what a worker claimed until it is settled", async ({ queue }) => {
    await put(queue, "b", "a", "c");
    await queue.claim("w1");
    await queue.claim("w1");
    await queue.claim("w2");
    assert.deepEqual([await queue.claimed("w1"), await queue.claimed("w2")], [["b", "a"], ["c"]]);
    await queue.settle("b");
    assert.deepEqual(await queue.claimed("w1"), ["a"]);
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
    await queue.claim("w");
    await queue.reserve(entry("b"), { total: 1, perOwner: 1 });
  });

  test("passes over owners who have as many claimed as their role allows, and keeps their turn", async ({ queue }) => {
    const most = { VIEWER: 0, USER: 1, ADMIN: null };
    await put(queue, "a1:ann", "a2:ann", "b1:bob", "c1:cyd:-1");
    assert.deepEqual([await queue.claim("w", most), await queue.claim("w", most)], ["a1", "b1"]);
    await queue.reserve(entry("b2", "bob", 0, "ADMIN"), null);
    await queue.confirm("b2");
    assert.deepEqual(await queue.waiting(), ["a2", "b2", "c1"]);
    assert.equal(await queue.claim("v", most), "b2");
    assert.equal(await queue.claim("v", most), "c1");
    assert.equal(await queue.claim("v", most), null);
    await queue.settle("a1");
    assert.equal(await queue.claim("v", most), "a2");
  });

  test("counts what waits, reservations included, and what is claimed of an owner", async ({ queue }) => {
    await put(queue, "a1:ann", "a2:ann", "b1:bob");
    await queue.reserve(entry("a3", "ann"), null);
    await queue.claim("w");
    assert.deepEqual(await queue.counts("ann"), { waiting: 2, running: 1 });
    assert.deepEqual(await queue.counts("cyd"), { waiting: 0, running: 0 });
  });

  test("gives one entry to one of two that claim at once", async ({ queue }) => {
    await put(queue, "a");
    const claims = await Promise.all([queue.claim("w1"), queue.claim("w2")]);
    assert.deepEqual(claims.filter((id) => id !== null), ["a"]);
  });

  test("tells of owners that never had a turn in the order of their first entries, in every round", async ({ queue }) => {
    await put(queue, "c1:cyd", "a1:ann", "a2:ann", "c2:cyd");
    const told = await queue.waiting();
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
        for (let i = 0; i < early; i++) first.push(await queue.claim("w"));
        const told = await queue.waiting();
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
  return { id, owner, priority, role };
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
  for (let id = await queue.claim("w"); id !== null; id = await queue.claim("w")) ids.push(id);
  return ids;
}

function isFull(limit: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof GramcastError && ["QUEUE_FULL", "QUOTA_EXCEEDED"].includes(error.code) &&
    error.message.includes(limit);
}
