import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import { GramcastError } from "../../../errors.ts";
import type { TransferStore } from "../ports.ts";
import { lossesAt, statusOnly, stepEvent, transferRecord } from "../../testing/records.ts";
import { TRANSFER_STATUSES } from "../../types.ts";

/** What every store must do. `open` gives an empty one and `close` lets it go. */
export function testTransferStore(
  name: string,
  open: () => Promise<{ store: TransferStore; close: () => Promise<void> }>,
): void {
  const test = suite(name, open);

  test("gives back what was created, with its first event", async ({ store }) => {
    const record = transferRecord({ id: "a", priority: 3, idempotencyKey: "k" });
    const made = await store.create(record, statusOnly("QUEUED"));
    assert.deepEqual(made, { record: { ...record, sequence: 1 }, created: true });
    assert.deepEqual(await store.get("a"), { ...record, sequence: 1 });
    assert.deepEqual(await store.events("a", 0, 10), [{ ...statusOnly("QUEUED"), sequence: 1 }]);
    assert.equal(await store.get("b"), null);
  });

  test("keeps what a newer release has put into a record, whatever changes of it", async ({ store }) => {
    const { options, ...rest } = transferRecord({ id: "a" });
    const newer = { ...rest, options: { ...options, newerOption: [1] }, newerField: { kept: true } };
    await store.create(newer, statusOnly("QUEUED"));
    await store.append("a", { from: ["QUEUED"], changes: { status: "RUNNING", startedAt: 7 }, events: [] });
    await store.append("a", { from: ["RUNNING"], changes: { step: 1, losses: lossesAt(1) }, events: [stepEvent(1)] });
    const after = (await store.get("a"))!;
    assert.deepEqual({ ...newer, status: "RUNNING", startedAt: 7, step: 1, losses: lossesAt(1), sequence: 2 }, after);
  });

  test("answers the first transfer for a key, of the same owner only", async ({ store }) => {
    await store.create(transferRecord({ id: "a", owner: "ann", idempotencyKey: "k" }), statusOnly("QUEUED"));
    const [again, other] = await Promise.all([
      store.create(transferRecord({ id: "b", owner: "ann", idempotencyKey: "k" }), statusOnly("QUEUED")),
      store.create(transferRecord({ id: "c", owner: "bob", idempotencyKey: "k" }), statusOnly("QUEUED")),
    ]);
    assert.deepEqual([again.created, again.record.id], [false, "a"]);
    assert.deepEqual([other.created, other.record.id], [true, "c"]);
    assert.equal(await store.get("b"), null);
    assert.equal((await store.findByKey("bob", "k"))?.id, "c");
    assert.equal(await store.findByKey("cyd", "k"), null);
  });

  test("creates one transfer when calls with one key race", async ({ store }) => {
    const made = await Promise.all(
      ["a", "b", "c"].map((id) => store.create(transferRecord({ id, idempotencyKey: "k" }), statusOnly("QUEUED"))),
    );
    assert.equal(made.filter(({ created }) => created).length, 1);
    assert.equal(new Set(made.map(({ record }) => record.id)).size, 1);
    assert.equal(await store.count("local", null), 1);
  });

  test("keeps names as they are, whatever is in them", async ({ store }) => {
    const odd = { id: "../a'", owner: 'ö"; --', idempotencyKey: "\u{1f5bc} %_" };
    const { record } = await store.create(transferRecord(odd), statusOnly("QUEUED"));
    await store.saveCheckpoint(odd.id, 1, new Uint8Array([7]));
    assert.deepEqual(await store.findByKey(odd.owner, odd.idempotencyKey), record);
    assert.deepEqual(new Uint8Array(await store.readCheckpoint(odd.id, 1)), new Uint8Array([7]));
    assert.equal(await store.remove(odd.id), true);
  });

  test("creates any number of transfers without a key", async ({ store }) => {
    for (const id of ["a", "b"]) {
      assert.equal((await store.create(transferRecord({ id }), statusOnly("QUEUED"))).created, true);
    }
  });

  test("appends events without a hole and changes the record with them", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    const running = await store.append("a", {
      from: ["QUEUED"],
      changes: { status: "RUNNING", startedAt: 5 },
      events: [statusOnly("RUNNING"), stepEvent(1), stepEvent(2)],
    });
    assert.deepEqual([running?.status, running?.startedAt, running?.sequence], ["RUNNING", 5, 4]);
    assert.deepEqual(await store.get("a"), running);
    assert.deepEqual((await store.events("a", 0, 10)).map(({ sequence, step }) => [sequence, step]), [
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 2],
    ]);
    assert.deepEqual(await store.events("a", 2, 1), [{ ...stepEvent(1), sequence: 3 }]);
    assert.deepEqual(await store.events("a", 4, 10), []);
  });

  test("lets no time in a log go back, though the clock does", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), { ...statusOnly("QUEUED"), at: 500 });
    const at = (at: number) => ({ ...statusOnly("RUNNING"), at });
    await store.append("a", { from: ["QUEUED"], changes: {}, events: [at(400), at(600), at(550)] });
    await store.append("a", { from: ["QUEUED"], changes: {}, events: [at(100), at(700)] });
    assert.deepEqual((await store.events("a", 0, 10)).map(({ at }) => at), [500, 500, 600, 600, 600, 700]);
  });

  test("changes nothing from another status than was asked", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    assert.equal(await store.append("a", { from: ["RUNNING"], changes: { step: 9 }, events: [stepEvent(9)] }), null);
    assert.equal(await store.append("x", { from: [...TRANSFER_STATUSES], changes: {}, events: [] }), null);
    assert.deepEqual([(await store.get("a"))?.step, (await store.get("a"))?.sequence], [0, 1]);
  });

  test("ends a transfer once when two ends race", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    const ends = await Promise.all(
      (["CANCELLED", "FAILED"] as const).map((status) =>
        store.append("a", { from: ["QUEUED"], changes: { status }, events: [statusOnly(status)] })
      ),
    );
    assert.equal(ends.filter((end) => end !== null).length, 1);
    assert.equal((await store.events("a", 0, 10)).length, 2);
  });

  test("keeps every field of an event and of a record", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    const failure = { code: "LOSS_NOT_FINITE", message: "Cannot — “so”" } as const;
    const event = { ...stepEvent(1), frame: true, secondsPerStep: 0.25, failure };
    const changes = {
      losses: lossesAt(1),
      failure,
      engine: { backend: "onnx", device: "cpu", precision: "float32", version: "1" },
      tunings: [{ afterStep: 1, contentWeight: 1, styleWeight: 2, tvWeight: 3, learningRate: 4 }],
      resultId: "r",
    };
    const record = await store.append("a", { from: ["QUEUED"], changes, events: [event] });
    assert.deepEqual(await store.events("a", 1, 1), [{ ...event, sequence: 2 }]);
    assert.deepEqual(await store.get("a"), { ...transferRecord({ id: "a" }), ...changes, sequence: 2 });
    assert.deepEqual(record, await store.get("a"));
  });

  test("lists an owner's transfers newest first, from either end", async ({ store }) => {
    for (const id of ["a", "b", "c", "d"]) await store.create(transferRecord({ id }), statusOnly("QUEUED"));
    await store.create(transferRecord({ id: "x", owner: "other" }), statusOnly("QUEUED"));
    await store.append("b", { from: ["QUEUED"], changes: { status: "FAILED" }, events: [] });
    const all = {
      owner: "local",
      statuses: null,
      olderThan: null,
      newerThan: null,
      limit: 10,
      take: "newest",
    } as const;
    const ids = async (query: Partial<Parameters<TransferStore["list"]>[0]>) =>
      (await store.list({ ...all, ...query })).map(({ record }) => record.id);
    assert.deepEqual(await ids({}), ["d", "c", "b", "a"]);
    assert.deepEqual(await ids({ owner: null }), ["x", "d", "c", "b", "a"]);
    assert.deepEqual(await ids({ limit: 2 }), ["d", "c"]);
    assert.deepEqual(await ids({ limit: 2, take: "oldest" }), ["b", "a"]);
    assert.deepEqual(await ids({ statuses: ["QUEUED"] }), ["d", "c", "a"]);
    const c = (await store.list(all))[1]!.ordinal;
    assert.deepEqual(await ids({ olderThan: c }), ["b", "a"]);
    assert.deepEqual(await ids({ newerThan: c }), ["d"]);
    assert.deepEqual(await ids({ statuses: [] }), []);
    await store.remove("d");
    await store.create(transferRecord({ id: "e" }), statusOnly("QUEUED"));
    assert.deepEqual(await ids({ newerThan: c }), ["e"]);
    assert.deepEqual([await store.count("local", null), await store.count("local", ["FAILED"])], [4, 1]);
    assert.deepEqual([await store.count(null, null), await store.count(null, ["FAILED"])], [5, 1]);
    assert.deepEqual((await store.withStatus(["QUEUED"])).map(({ id }) => id), ["a", "c", "x", "e"]);
  });

  test("thins the loss history between its first and its last", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    assert.deepEqual(await store.lossHistory("a", 5), []);
    const events = [
      statusOnly("RUNNING"),
      ...Array.from({ length: 9 }, (_, i) => stepEvent(i + 1)),
      statusOnly("QUEUED"),
    ];
    await store.append("a", { from: ["QUEUED"], changes: {}, events });
    await store.append("a", { from: ["QUEUED"], changes: {}, events: [stepEvent(10)] });
    assert.deepEqual((await store.lossHistory("a", 4)).map(({ step }) => step), [1, 4, 7, 10]);
    assert.deepEqual((await store.lossHistory("a", 2)).map(({ step }) => step), [1, 10]);
    assert.equal((await store.lossHistory("a", 100)).length, 10);
    const { total, content, style, tv } = lossesAt(1);
    assert.deepEqual((await store.lossHistory("a", 2))[0], { step: 1, total, content, style, tv });
  });

  test("keeps the last two checkpoints", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    assert.deepEqual(await store.checkpoints("a"), []);
    for (const step of [5, 10, 10, 15]) await store.saveCheckpoint("a", step, new Uint8Array([step, 1]));
    assert.deepEqual(await store.checkpoints("a"), [15, 10]);
    assert.deepEqual(new Uint8Array(await store.readCheckpoint("a", 10)), new Uint8Array([10, 1]));
    await assert.rejects(
      () => store.readCheckpoint("a", 5),
      (error) => error instanceof GramcastError && error.code === "CHECKPOINT_UNREADABLE",
    );
    await store.saveCheckpoint("gone", 1, new Uint8Array(1));
    assert.deepEqual(await store.checkpoints("gone"), []);
  });

  test("keeps a checkpoint of an earlier step than there was, and of the others the one before", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    for (const step of [10, 15, 12]) await store.saveCheckpoint("a", step, new Uint8Array([step]));
    assert.deepEqual(await store.checkpoints("a"), [12, 10]);
    await store.saveCheckpoint("a", 5, new Uint8Array([5]));
    assert.deepEqual(await store.checkpoints("a"), [5]);
    assert.deepEqual(new Uint8Array(await store.readCheckpoint("a", 5)), new Uint8Array([5]));
  });

  test("answers the bytes that were saved last", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    for (const bytes of [new Uint8Array([1, 2, 3]), new Uint8Array([4])]) {
      await store.saveCheckpoint("a", 1, bytes);
      await store.saveFrame("a", { step: 1, width: bytes.length, height: 1 }, bytes, true);
    }
    assert.deepEqual(new Uint8Array(await store.readCheckpoint("a", 1)), new Uint8Array([4]));
    assert.deepEqual(new Uint8Array((await store.readFrame("a", 1))!), new Uint8Array([4]));
    assert.deepEqual(await store.frames("a"), [{ step: 1, width: 1, height: 1, bytes: 1 }]);
  });

  test("keeps one of the checkpoints and frames that are saved at once", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    await Promise.all([1, 2, 3].flatMap((step) => [
      store.saveCheckpoint("a", 7, new Uint8Array([step])),
      store.saveFrame("a", { step, width: 1, height: 1 }, new Uint8Array([step]), false),
    ]));
    assert.equal((await store.readCheckpoint("a", 7)).byteLength, 1);
    const [frame, ...others] = await store.frames("a");
    assert.deepEqual(others, []);
    assert.deepEqual(new Uint8Array((await store.readFrame("a", frame!.step))!), new Uint8Array([frame!.step]));
  });

  test("forgets what is saved while its transfer is removed", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    await Promise.all([
      store.saveCheckpoint("a", 1, new Uint8Array(1)),
      store.saveFrame("a", { step: 1, width: 1, height: 1 }, new Uint8Array(1), true),
      store.remove("a"),
    ]);
    assert.deepEqual([await store.frames("a"), await store.checkpoints("a")], [[], []]);
  });

  test("removes frames by their steps, and no longer counts them", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    const footprint = async () => {
      await store.append("a", { from: ["QUEUED", "FAILED"], changes: { status: "FAILED", finishedAt: 1 }, events: [] });
      return (await store.ended())[0]!.bytes;
    };
    const empty = await footprint();
    for (const step of [1, 2, 3, 4]) {
      await store.saveFrame("a", { step, width: 1, height: 1 }, new Uint8Array(10 * step), step < 4);
    }
    assert.equal(await footprint(), empty + 100);
    await store.removeFrames("a", [2, 4, 9]);
    await store.removeFrames("b", [1]);
    assert.deepEqual((await store.frames("a")).map(({ step, bytes }) => [step, bytes]), [[1, 10], [3, 30]]);
    assert.equal(await store.readFrame("a", 2), null);
    assert.equal(await footprint(), empty + 40);
  });

  test("keeps the frames that are to be kept, and the newest", async ({ store }) => {
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    const save = (step: number, keep: boolean) =>
      store.saveFrame("a", { step, width: 2, height: 1 }, new Uint8Array([step]), keep);
    await save(1, true);
    await save(2, false);
    await save(3, true);
    await save(4, false);
    await save(3, false);
    assert.deepEqual(await store.frames("a"), [1, 3].map((step) => ({ step, width: 2, height: 1, bytes: 1 })));
    await save(5, false);
    await save(6, false);
    assert.deepEqual((await store.frames("a")).map(({ step }) => step), [1, 3, 6]);
    assert.deepEqual(new Uint8Array((await store.readFrame("a", 6))!), new Uint8Array([6]));
    assert.equal(await store.readFrame("a", 5), null);
    assert.equal(await store.readFrame("b", 1), null);
  });

  test("removes everything of a transfer", async ({ store }) => {
    await store.create(transferRecord({ id: "a", idempotencyKey: "k" }), statusOnly("QUEUED"));
    await store.saveCheckpoint("a", 1, new Uint8Array(4));
    await store.saveFrame("a", { step: 1, width: 1, height: 1 }, new Uint8Array(4), true);
    assert.deepEqual([await store.remove("a"), await store.remove("a")], [true, false]);
    assert.equal(await store.get("a"), null);
    assert.deepEqual(await store.events("a", 0, 10), []);
    assert.deepEqual([await store.frames("a"), await store.checkpoints("a")], [[], []]);
    assert.equal(
      (await store.create(transferRecord({ id: "b", idempotencyKey: "k" }), statusOnly("QUEUED"))).created,
      true,
    );
  });

  test("lists ended transfers by their end, with what they take", async ({ store }) => {
    for (const id of ["a", "b", "c"]) await store.create(transferRecord({ id }), statusOnly("QUEUED"));
    const end = (id: string, finishedAt: number) =>
      store.append(id, { from: ["QUEUED"], changes: { status: "CANCELLED", finishedAt }, events: [] });
    await end("c", 10);
    await end("a", 20);
    await store.saveCheckpoint("a", 1, new Uint8Array(10_000));
    const ended = await store.ended();
    assert.deepEqual(ended.map(({ id, finishedAt }) => [id, finishedAt]), [["c", 10], ["a", 20]]);
    assert.ok(ended[1]!.bytes >= 10_000 && ended[0]!.bytes < 10_000);
  });

  test("knows how many bytes of files each owner's transfers have", async ({ store }) => {
    for (const id of ["a", "b"]) await store.create(transferRecord({ id, owner: "ann" }), statusOnly("QUEUED"));
    await store.create(transferRecord({ id: "c", owner: "bob" }), statusOnly("QUEUED"));
    await store.saveCheckpoint("a", 1, new Uint8Array(10));
    await store.saveFrame("a", { step: 1, width: 1, height: 1 }, new Uint8Array(5), true);
    await store.saveFrame("b", { step: 1, width: 1, height: 1 }, new Uint8Array(7), false);
    assert.deepEqual(await Promise.all(["ann", "bob", "cyd"].map((owner) => store.bytesOf(owner))), [22, 0, 0]);
    await store.saveFrame("b", { step: 2, width: 1, height: 1 }, new Uint8Array(3), false);
    await store.removeFrames("a", [1]);
    assert.equal(await store.bytesOf("ann"), 13);
    await store.remove("a");
    assert.equal(await store.bytesOf("ann"), 3);
  });

  test("adds up the work of an owner's day, and forgets what is older than the day before", async ({ store }) => {
    await store.addWork("ann", 10, 2e13);
    await store.addWork("ann", 10, 1);
    await store.addWork("bob", 10, 5);
    assert.deepEqual([await store.workOf("ann", 10), await store.workOf("bob", 10)], [2e13 + 1, 5]);
    await store.addWork("ann", 10, -2e13);
    await store.addWork("bob", 10, -6);
    assert.deepEqual([await store.workOf("ann", 10), await store.workOf("bob", 10)], [1, 0]);
    await store.addWork("ann", 11, 3);
    assert.deepEqual([await store.workOf("ann", 10), await store.workOf("ann", 11)], [1, 3]);
    await store.addWork("ann", 12, 3);
    assert.deepEqual([await store.workOf("ann", 10), await store.workOf("ann", 11)], [0, 3]);
  });

  test("counts the transfers that use an image, once each", async ({ store }) => {
    const style = { imageId: "s", weight: 1, maskId: "m", regionId: "p" };
    await store.create(transferRecord({ id: "a", contentId: "s", styles: [style] }), statusOnly("QUEUED"));
    await store.create(transferRecord({ id: "b", styles: [style] }), statusOnly("QUEUED"));
    await store.append("b", { from: ["QUEUED"], changes: { resultId: "r" }, events: [] });
    const uses = await Promise.all(["s", "m", "r", "none"].map((id) => store.imageUses(id)));
    assert.deepEqual(uses, [2, 2, 1, 0]);
    await store.remove("b");
    assert.deepEqual([await store.imageUses("s"), await store.imageUses("r")], [1, 0]);
  });
}
