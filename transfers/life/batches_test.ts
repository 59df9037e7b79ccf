import assert from "node:assert/strict";
import { GramcastError } from "../../errors.ts";
import type { BatchRequest } from "../api.ts";
import { sameForAll } from "../quotas.ts";
import { isError } from "../testing/errors.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { png, ServiceStage } from "../testing/service_stage.ts";
import type { BatchRecord, TransferRecord } from "../types.ts";

/** Steps × pixels of one transfer of a stage's batch. */
const WORK = 4 * 32 ** 2;
/** Room for batches of any number. */
const ROOMY = { maxQueued: 1000, quotas: sameForAll({}) };

function transfersOf(stage: ServiceStage, { id }: BatchRecord): Promise<readonly TransferRecord[]> {
  return stage.transfers.batches.transfers(id);
}

async function assertNothingKept(stage: ServiceStage): Promise<void> {
  const { batches } = stage.transfers;
  assert.deepEqual(
    [(await stage.transfers.list({})).totalCount, (await batches.list({})).totalCount],
    [0, 0],
  );
  assert.deepEqual(await stage.ports.queue.counts("local"), { waiting: 0, running: 0 });
  assert.equal((await stage.transfers.shares()).find(({ name }) => name === "pixelSteps")?.used, 0);
}

Deno.test("a batch has a transfer for every content, group of styles and variation, each at its place", async () => {
  await using stage = await ServiceStage.open({}, ROOMY);
  const other = await stage.upload(await png(3, 8, 4));
  const style = { imageId: stage.styleId, weight: 1, maskId: null };
  const batch = await stage.startBatch(2, {
    contents: [stage.contentId, other],
    styles: [[style], [style, { ...style, imageId: other, weight: 2 }]],
  });
  const transfers = await transfersOf(stage, batch);
  assert.deepEqual(
    transfers.map(({ batch: place, contentId, styles, options }) => ({
      place: [place?.content, place?.style, place?.variation],
      asked: [contentId, styles.length, options.tvWeight, options.height],
    })),
    [stage.contentId, other].flatMap((contentId, content) =>
      [0, 1].flatMap((style) =>
        [0, 1].map((variation) => ({
          place: [content, style, variation],
          asked: [contentId, style + 1, variation + 1, contentId === other ? 16 : 32],
        }))
      )
    ),
  );
  assert.deepEqual(batch.variations, ["tv 1", "tv 2"]);
  // They differ by what they are asked alone.
  assert.equal(new Set(transfers.map(({ options }) => options.seed)).size, 1);
  for (const { id } of transfers) assert.equal((await stage.ended(id)).status, "SUCCEEDED");
  assert.deepEqual(await stage.transfers.batches.state(batch.id), { status: "SUCCEEDED", done: 8, count: 8 });
});

Deno.test("nothing of a batch is kept of which one transfer cannot be started", async () => {
  await using stage = await ServiceStage.open({}, {
    maxQueued: 20,
    quotas: sameForAll({ waiting: 10, pixelSteps: 6 * WORK }),
  });
  const good = stage.batchRequest(3);
  const third = (changes: object) => ({
    ...good,
    variations: good.variations.map((each, i) => i === 2 ? { ...each, ...changes } : each),
  });
  const refusals: [BatchRequest, string, string][] = [
    [third({ steps: 0 }), "BAD_USER_INPUT", "variations.2.steps"],
    [third({ name: "" }), "BAD_USER_INPUT", "variations.2.name"],
    [third({ size: 512 }), "TOO_LARGE", "512"],
    [third({ contentMaskId: "none" }), "NOT_FOUND", "variations.2.contentMask"],
    [{ ...good, contents: [stage.contentId, "none"] }, "NOT_FOUND", "contents.1"],
    [{ ...good, styles: [good.styles[0]!, []] }, "BAD_USER_INPUT", "styles.1"],
    [{ ...good, contents: [] }, "BAD_USER_INPUT", "0 contents"],
    [{ ...good, priority: 1000 }, "BAD_USER_INPUT", "priority"],
    [stage.batchRequest(101), "BAD_USER_INPUT", "wanted 1 to 100"],
    [
      stage.batchRequest(10, { contents: Array(11).fill(stage.contentId) }),
      "BAD_USER_INPUT",
      "11 contents × 1 groups of styles × 10 variations: found 110 transfers",
    ],
    [stage.batchRequest(7), "QUOTA_EXCEEDED", `${7 * WORK} pixel steps asked for`],
    [stage.batchRequest(11), "QUOTA_EXCEEDED", `${11 * WORK}`],
  ];
  for (const [asked, code, found] of refusals) {
    await assert.rejects(stage.transfers.batches.start(asked), (error) => {
      assert.ok(error instanceof GramcastError);
      assert.deepEqual([error.code, error.field === found || error.message.includes(found)], [code, true], found);
      return true;
    });
    await assertNothingKept(stage);
  }
});

Deno.test("a batch takes as many places as it has transfers, or none", async () => {
  const waiting = { maxQueued: 1000, quotas: sameForAll({ waiting: 3 }) };
  const all = { maxQueued: 3, quotas: sameForAll({}) };
  for (const [settings, code] of [[waiting, "QUOTA_EXCEEDED"], [all, "QUEUE_FULL"]] as const) {
    await using stage = await ServiceStage.open({}, settings);
    stage.engine.hold();
    await stage.start();
    await stage.engine.blocked();
    await stage.start();
    await assert.rejects(stage.startBatch(3), isError(code, "Cannot queue 3 transfers"));
    assert.equal((await stage.ports.queue.counts("local")).waiting, 1);
    await stage.startBatch(2);
    assert.equal((await stage.ports.queue.counts("local")).waiting, 3);
  }
});

Deno.test("a batch that cannot be written leaves neither places nor work behind", async () => {
  await using stage = await ServiceStage.open({}, { quotas: sameForAll({ pixelSteps: 100 * WORK }) });
  const { batches } = stage.ports;
  const create = batches.create;
  batches.create = () => Promise.reject(new Error("full"));
  await assert.rejects(stage.startBatch(), /full/);
  await assertNothingKept(stage);
  batches.create = create;
  await stage.startBatch();
});

Deno.test("the same key starts one batch, also when two calls race, and means one input", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const started = await Promise.all([0, 1, 2].map(() => stage.startBatch(2, { idempotencyKey: "k" })));
  assert.equal(new Set(started.map(({ id }) => id)).size, 1);
  assert.equal((await stage.transfers.list({})).totalCount, 2);
  await assert.rejects(
    stage.startBatch(3, { idempotencyKey: "k" }),
    isError("CONFLICT", "start the batch", "other input"),
  );
  // Keys of transfers are apart, and so are those of other owners.
  await stage.start({ idempotencyKey: "k" });
  assert.deepEqual((await stage.as("ann").batches.list({})).edges, []);
});

Deno.test("each picture of a batch is looked at once, however many transfers have it", async () => {
  await using stage = await ServiceStage.open({}, ROOMY);
  stage.engine.hold();
  const region = await stage.upload(await png(255));
  const reads: string[] = [];
  const { images } = stage.ports;
  const read = images.read.bind(images);
  images.read = (record) => {
    reads.push(record.id);
    return read(record);
  };
  const style = { imageId: stage.styleId, weight: 1, maskId: null, regionId: region };
  await stage.startBatch(8, { styles: [[style]], contents: [stage.contentId, region] });
  const atStart = reads.filter((id) => id === region).length;
  assert.equal(atStart, 1);
});

Deno.test("a batch of 64 lets others have their turns, and its owner what has a higher priority", async () => {
  await using stage = await ServiceStage.open({}, ROOMY);
  stage.engine.hold();
  const batch = await stage.startBatch(64);
  await stage.engine.blocked();
  const contentId = await stage.upload(await png(1), "ann");
  const styles = [{ imageId: await stage.upload(await png(2), "ann"), weight: 1, maskId: null }];
  const theirs = (await stage.as("ann").start(stage.request({ contentId, styles }))).transfer;
  const urgent = await stage.start({ priority: 1 });
  assert.deepEqual(await Promise.all([urgent, theirs].map(({ id }) => stage.ports.queue.position(id))), [0, 1]);
  stage.engine.allow(4 + 20 + 20);
  await stage.ended(urgent.id);
  await stage.engine.blocked();
  assert.equal((await stage.transfers.batches.state(batch.id)).done, 1);
  assert.equal((await stage.as("ann").get(theirs.id))?.status, "SUCCEEDED");
});

Deno.test("the status of a batch is that of what goes on, and then the worst", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { batches } = stage.transfers;
  const batch = await stage.startBatch(3);
  const [first, second, third] = await transfersOf(stage, batch);
  const status = async () => (await batches.state(batch.id)).status;
  await stage.engine.blocked();
  assert.equal(await status(), "RUNNING");
  await stage.transfers.cancel(third!.id);
  stage.engine.mishaps = [{
    beforeStep: 1,
    outcome: "failed",
    failure: { code: "LOSS_NOT_FINITE", message: "Cannot go on" },
  }];
  stage.engine.allow(Infinity);
  await stage.ended(first!.id);
  await stage.ended(second!.id);
  assert.deepEqual(await batches.state(batch.id), { status: "FAILED", done: 3, count: 3 });
  await stage.transfers.remove(first!.id);
  assert.deepEqual(await batches.state(batch.id), { status: "CANCELLED", done: 2, count: 2 });
  await stage.transfers.remove(third!.id);
  assert.deepEqual(await batches.state(batch.id), { status: "SUCCEEDED", done: 1, count: 1 });
  stage.engine.hold();
  const waiting = await stage.startBatch();
  await Promise.all((await transfersOf(stage, waiting)).map(({ id }) => stage.transfers.get(id)));
  assert.ok(["QUEUED", "RUNNING"].includes((await batches.state(waiting.id)).status));
});

Deno.test("a batch is cancelled as one, while it runs, as often as it is asked", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { batches } = stage.transfers;
  const batch = await stage.startBatch(4);
  await stage.engine.blocked();
  stage.engine.allow(2);
  await stage.engine.blocked();
  await Promise.all([batches.cancel(batch.id), batches.cancel(batch.id)]);
  assert.deepEqual(await batches.state(batch.id), { status: "CANCELLED", done: 4, count: 4 });
  await batches.cancel(batch.id);
  // None of those that waited has begun.
  assert.equal(stage.engine.jobs.length, 1);
  assert.deepEqual((await transfersOf(stage, batch)).map(({ step }) => step), [2, 0, 0, 0]);
});

Deno.test("a batch is deleted as one, while it runs, with all that only it had", async () => {
  await using stage = await ServiceStage.open();
  const { batches } = stage.transfers;
  const kept = await stage.startBatch(1);
  await stage.ended((await transfersOf(stage, kept))[0]!.id);
  stage.engine.hold();
  const batch = await stage.startBatch(3);
  const transfers = await transfersOf(stage, batch);
  await stage.engine.blocked();
  await stage.transfers.cancel(transfers[2]!.id);
  await stage.transfers.remove(transfers[2]!.id);
  const [ids] = await Promise.all([batches.remove(batch.id), batches.remove(batch.id)]);
  assert.deepEqual(ids, transfers.slice(0, 2).map(({ id }) => id));
  assert.equal(await batches.get(batch.id), null);
  assert.deepEqual((await stage.transfers.list({})).totalCount, 1);
  await assert.rejects(batches.remove(batch.id), isError("NOT_FOUND", "Cannot find batch"));
  assert.deepEqual((await batches.list({})).edges.map(({ node }) => node.id), [kept.id]);
});

Deno.test("a batch is gone when retention has removed the last of its transfers", async () => {
  await using stage = await ServiceStage.open({}, { retention: { days: 1, bytes: 1e9 } });
  const batch = await stage.startBatch();
  for (const { id } of await transfersOf(stage, batch)) await stage.ended(id);
  const other = await stage.startBatch(1);
  await stage.ended((await transfersOf(stage, other))[0]!.id);
  await stage.transfers.remove((await transfersOf(stage, batch))[0]!.id);
  assert.equal((await stage.transfers.batches.get(batch.id))?.id, batch.id);
  (stage.ports.clock as FakeClock).advance(2 * 86_400_000);
  await stage.service.sweep();
  assert.deepEqual((await stage.transfers.batches.list({})).totalCount, 0);
});

Deno.test("webhooks are told of each transfer of a batch, and of which batch it is", async () => {
  await using stage = await ServiceStage.open();
  const { webhook } = await stage.transfers.webhooks.create({
    url: "https://receiver.example/hook",
    events: ["SUCCEEDED"],
  });
  const batch = await stage.startBatch();
  const transfers = await transfersOf(stage, batch);
  for (const { id } of transfers) await stage.ended(id);
  const { edges } = await stage.transfers.webhooks.deliveries(webhook.id, {});
  assert.deepEqual(
    edges.map(({ node: { transferId, notice } }) => [transferId, notice.batchId]).reverse(),
    transfers.map(({ id }) => [id, batch.id]),
  );
});

Deno.test("a batch goes on after a restart, all of it", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const batch = await stage.startBatch(3);
  await stage.engine.blocked();
  await stage.service.drain();
  await using again = await stage.reopen();
  const events = await Array.fromAsync(await again.transfers.batches.progress(batch.id, { after: "0" }));
  assert.equal(events.at(-1)?.status, "SUCCEEDED");
  assert.equal(events.length, 3 * 7);
});
