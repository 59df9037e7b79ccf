import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import type { BatchStore, NewTransfer, RangeQuery, TransferStore } from "../ports.ts";
import { batchRecord, statusOnly, stepEvent, transferRecord } from "../../testing/records.ts";
import type { BatchRecord, TransferRecord, TransferStatus } from "../../types.ts";

/** What every store of batches must do. `open` gives an empty one, with that of its transfers, and `close` lets it go. */
export function testBatchStore(
  name: string,
  open: () => Promise<{ store: TransferStore; batches: BatchStore; close: () => Promise<void> }>,
): void {
  const test = suite(`${name} of batches`, open);

  test("gives back a batch and its transfers in order, each with its first event", async ({ store, batches }) => {
    const batch = batchRecord({ id: "b", idempotencyKey: "k", variations: [null, "soft — “so”"] });
    const made = await batches.create(batch, cells("b", ["x", "a", "m"]));
    assert.deepEqual(made, { record: batch, created: true });
    assert.deepEqual(await batches.get("b"), batch);
    assert.deepEqual(await batches.findByKey("local", "k"), batch);
    const transfers = await batches.transfers("b");
    assert.deepEqual(transfers.map(({ id }) => id), ["x", "a", "m"]);
    assert.deepEqual(transfers[1], await store.get("a"));
    assert.deepEqual(transfers[1]!.batch, { id: "b", content: 0, style: 0, variation: 1 });
    assert.deepEqual(await store.events("m", 0, 10), [{ ...statusOnly("QUEUED"), sequence: 1 }]);
    assert.deepEqual([await batches.get("c"), await batches.transfers("c")], [null, []]);
  });

  test("answers the first batch for a key, of the same owner and of batches only", async ({ store, batches }) => {
    await store.create(transferRecord({ id: "t", idempotencyKey: "k" }), statusOnly("QUEUED"));
    const create = (id: string, owner: string) =>
      batches.create(batchRecord({ id, owner, idempotencyKey: "k" }), cells(id, [`${id}1`, `${id}2`], { owner }));
    assert.equal((await create("b", "local")).created, true);
    const [again, other] = await Promise.all([create("c", "local"), create("d", "other")]);
    assert.deepEqual([again.created, again.record.id, other.created], [false, "b", true]);
    assert.deepEqual([await batches.get("c"), await store.get("c1")], [null, null]);
    assert.equal((await store.findByKey("local", "k"))?.id, "t");
  });

  test("creates one batch when calls with one key race", async ({ store, batches }) => {
    const made = await Promise.all(
      ["b", "c", "d"].map((id) => batches.create(batchRecord({ id, idempotencyKey: "k" }), cells(id, [`${id}1`]))),
    );
    assert.equal(made.filter(({ created }) => created).length, 1);
    assert.equal(new Set(made.map(({ record }) => record.id)).size, 1);
    assert.equal(await store.count("local", null), 1);
  });

  test("adds nothing of a batch of which one transfer cannot be added", async ({ store, batches }) => {
    await store.create(transferRecord({ id: "taken" }), statusOnly("QUEUED"));
    await assert.rejects(batches.create(batchRecord({ id: "b", idempotencyKey: "k" }), cells("b", ["a", "taken"])));
    assert.deepEqual([await batches.get("b"), await store.get("a"), await batches.count(null)], [null, null, 0]);
    assert.deepEqual(await store.events("a", 0, 10), []);
    assert.equal(
      (await batches.create(batchRecord({ id: "b", idempotencyKey: "k" }), cells("b", ["a"]))).created,
      true,
    );
  });

  test("counts the transfers of a batch by their status", async ({ store, batches }) => {
    await batches.create(batchRecord({ id: "b" }), cells("b", ["a", "b", "c", "d"]));
    await batches.create(batchRecord({ id: "o" }), cells("o", ["x"]));
    await end(store, "a", "FAILED");
    await end(store, "b", "SUCCEEDED");
    await store.remove("d");
    assert.deepEqual(await batches.tally("b"), { QUEUED: 1, RUNNING: 0, SUCCEEDED: 1, FAILED: 1, CANCELLED: 0 });
    assert.deepEqual(await batches.tally("none"), { QUEUED: 0, RUNNING: 0, SUCCEEDED: 0, FAILED: 0, CANCELLED: 0 });
    assert.deepEqual((await batches.transfers("b")).map(({ status }) => status), ["FAILED", "SUCCEEDED", "QUEUED"]);
  });

  test("keeps the place of a transfer, whatever changes of it", async ({ store, batches }) => {
    await batches.create(batchRecord({ id: "b" }), cells("b", ["a", "c"]));
    await store.append("c", {
      from: ["QUEUED"],
      changes: { status: "RUNNING", resultId: "r" },
      events: [stepEvent(1)],
    });
    assert.deepEqual((await store.get("c"))?.batch, { id: "b", content: 0, style: 0, variation: 1 });
    assert.deepEqual((await batches.transfers("b")).map(({ id }) => id), ["a", "c"]);
  });

  test("forgets a batch with the last of its transfers, and its key", async ({ store, batches }) => {
    await batches.create(batchRecord({ id: "b", idempotencyKey: "k" }), cells("b", ["x", "y"]));
    await store.remove("x");
    assert.equal((await batches.get("b"))?.id, "b");
    await store.remove("y");
    assert.deepEqual([await batches.get("b"), await batches.findByKey("local", "k")], [null, null]);
    assert.deepEqual([await batches.count("local"), await batches.transfers("b")], [0, []]);
    assert.equal(
      (await batches.create(batchRecord({ id: "c", idempotencyKey: "k" }), cells("c", ["z"]))).created,
      true,
    );
  });

  test("forgets a batch whose transfers are removed at once", async ({ store, batches }) => {
    const ids = Array.from({ length: 8 }, (_, i) => `t${i}`);
    await batches.create(batchRecord({ id: "b" }), cells("b", ids));
    await Promise.all(ids.map((id) => store.remove(id)));
    assert.equal(await batches.get("b"), null);
  });

  test("lists an owner's batches newest first, from either end", async ({ store, batches }) => {
    for (const id of ["a", "b", "c", "d"]) await batches.create(batchRecord({ id }), cells(id, [`${id}1`]));
    await batches.create(batchRecord({ id: "x", owner: "other" }), cells("x", ["x1"], { owner: "other" }));
    const all: RangeQuery = { owner: "local", olderThan: null, newerThan: null, limit: 10, take: "newest" };
    const ids = async (query: Partial<RangeQuery>) =>
      (await batches.list({ ...all, ...query })).map(({ record }) => record.id);
    assert.deepEqual(await ids({}), ["d", "c", "b", "a"]);
    assert.deepEqual(await ids({ owner: null }), ["x", "d", "c", "b", "a"]);
    assert.deepEqual(await ids({ limit: 2 }), ["d", "c"]);
    assert.deepEqual(await ids({ limit: 2, take: "oldest" }), ["b", "a"]);
    const c = (await batches.list(all))[1]!.ordinal;
    assert.deepEqual([await ids({ olderThan: c }), await ids({ newerThan: c })], [["b", "a"], ["d"]]);
    await store.remove("d1");
    await batches.create(batchRecord({ id: "e" }), cells("e", ["e1"]));
    assert.deepEqual(await ids({ newerThan: c }), ["e"]);
    assert.deepEqual([await batches.count("local"), await batches.count(null)], [4, 5]);
  });
}

/** The transfers of a batch, one for each variation. */
function cells(batch: BatchRecord["id"], ids: readonly string[], changes: Partial<TransferRecord> = {}): NewTransfer[] {
  return ids.map((id, variation) => ({
    record: transferRecord({ id, batch: { id: batch, content: 0, style: 0, variation }, ...changes }),
    event: statusOnly("QUEUED"),
  }));
}

async function end(store: TransferStore, id: string, status: TransferStatus): Promise<void> {
  await store.append(id, { from: ["QUEUED"], changes: { status, finishedAt: 1 }, events: [statusOnly(status)] });
}
