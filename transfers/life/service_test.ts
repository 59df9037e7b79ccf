import assert from "node:assert/strict";
import { CONV_NAMES } from "../../engine/vgg16.ts";
import { GramcastError } from "../../errors.ts";
import { observeAll } from "../observer.ts";
import { sameForAll } from "../quotas.ts";
import { isError } from "../testing/errors.ts";
import { png, ServiceStage, upTo } from "../testing/service_stage.ts";

Deno.test("TransferService runs a transfer to its end and keeps log, frames and result", async () => {
  await using stage = await ServiceStage.open();
  const started = await stage.start();
  assert.deepEqual([started.status, started.sequence], ["QUEUED", 1]);
  const events = await Array.fromAsync(await stage.transfers.progress(started.id, { after: 0 }));
  assert.deepEqual(events.map(({ event }) => event.sequence), upTo(23));
  const ended = await stage.ended(started.id);
  assert.deepEqual([ended.status, ended.step, ended.frameStep, ended.attempts], ["SUCCEEDED", 20, 20, 0]);
  assert.equal(ended.engine?.backend, "fake");
  assert.deepEqual(await stage.loggedSteps(started.id), upTo(20));
  const result = (await stage.transfers.images.get(ended.resultId!))!;
  assert.deepEqual([result.width, result.height, result.mimeType], [32, 32, "image/png"]);
  const frame = (await stage.transfers.frame(started.id, null))!;
  assert.deepEqual([frame.step, (await frame.picture()).rgb.length], [20, 3 * 32 * 32]);
});

Deno.test("TransferService.start() answers the same transfer for a key, also when two calls race", async () => {
  await using stage = await ServiceStage.open({}, { maxQueued: 1, quotas: sameForAll({ waiting: 1, running: 1 }) });
  stage.engine.hold();
  await stage.start();
  await stage.engine.blocked();
  const [first, second] = await Promise.all([
    stage.start({ idempotencyKey: "k" }),
    stage.start({ idempotencyKey: "k" }),
  ]);
  assert.equal(first.id, second.id);
  assert.equal((await stage.start({ idempotencyKey: "k" })).id, first.id);
  assert.equal((await stage.transfers.list({})).totalCount, 2);
  await assert.rejects(stage.start({ idempotencyKey: "k", steps: 5 }), isError("CONFLICT", "other input"));
});

Deno.test("TransferService.start() takes equal requests as equal whatever the order of their fields", async () => {
  await using stage = await ServiceStage.open();
  const first = await stage.start({ idempotencyKey: "k", contentWeight: null });
  const { seed, ...rest } = stage.request({ idempotencyKey: "k" });
  assert.equal((await stage.transfers.start({ ...rest, seed: seed! })).transfer.id, first.id);
});

Deno.test("TransferService.start() refuses what cannot run", async () => {
  await using stage = await ServiceStage.open();
  const theirs = await stage.upload(await png(9), "ann");
  await assert.rejects(stage.start({ contentId: "none" }), isError("NOT_FOUND", "content"));
  await assert.rejects(stage.start({ contentId: theirs }), isError("NOT_FOUND", "content"));
  await assert.rejects(stage.start({ styles: [] }), isError("BAD_USER_INPUT", "styles"));
  await assert.rejects(stage.start({ priority: 1.5 }), isError("BAD_USER_INPUT", "priority"));
  await assert.rejects(stage.start({ steps: 0 }), isError("BAD_USER_INPUT", "steps"));
  // 16 bytes a pixel in the cost model, 2²⁰ in all: 256² fits, more does not.
  await assert.rejects(stage.start({ size: 512 }), isError("TOO_LARGE", "the largest size that fits is 256"));
  assert.equal((await stage.transfers.list({})).totalCount, 0);
});

Deno.test("TransferService.start() says which limit is reached", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  await stage.start();
  await stage.engine.blocked();
  for (let i = 0; i < 4; i++) await stage.start();
  await assert.rejects(stage.start(), isError("QUOTA_EXCEEDED", "at most 4 in"));
  const ofAnn = () =>
    stage.as("ann").start(stage.request({ contentId: ann, styles: [{ imageId: ann, weight: 1, maskId: null }] }));
  const ann = await stage.upload(await png(3), "ann");
  await ofAnn();
  await assert.rejects(ofAnn(), isError("QUEUE_FULL", "fewer than 5"));
});

Deno.test("TransferService.retune() takes effect at the next step and is shown in the options", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { id } = await stage.start();
  stage.engine.allow(4);
  await stage.engine.blocked();
  const [first, second] = await Promise.all([
    stage.transfers.retune(id, { contentWeight: 5 }),
    stage.transfers.retune(id, { learningRate: 2 }),
  ]);
  assert.equal(first.options.contentWeight, 5);
  assert.deepEqual([second.options.contentWeight, second.options.optimizer.learningRate], [5, 2]);
  await assert.rejects(stage.transfers.retune(id, { styleWeight: -1 }), isError("BAD_USER_INPUT", "styleWeight"));
  stage.engine.allow(Infinity);
  const { tunings } = await stage.ended(id);
  assert.deepEqual(tunings.map(({ afterStep, contentWeight }) => [afterStep, contentWeight]), [[0, 0.1], [4, 5]]);
  await assert.rejects(stage.transfers.retune(id, {}), isError("CONFLICT", "SUCCEEDED"));
});

Deno.test("TransferService computes the same after a retuning and a lost engine as without the loss", async () => {
  await using stage = await ServiceStage.open();
  const results: (string | null)[] = [];
  for (const lost of [false, true]) {
    stage.engine.hold();
    const { id } = await stage.start();
    stage.engine.allow(7);
    await stage.engine.blocked();
    await stage.transfers.retune(id, { contentWeight: 5 });
    stage.engine.allow(2);
    await stage.engine.blocked();
    const failure = { code: "ENGINE_CRASHED", message: "gone" } as const;
    if (lost) stage.engine.mishaps = [{ beforeStep: 10, outcome: "lost", failure }];
    stage.engine.allow(Infinity);
    const ended = await stage.ended(id);
    results.push(ended.resultId);
    assert.deepEqual(ended.tunings.map(({ afterStep }) => afterStep), [0, 7]);
    assert.deepEqual(await stage.loggedSteps(id), upTo(20));
  }
  assert.equal(results[0], results[1]);
});

Deno.test("TransferService.remove() takes an ended transfer away with its result and no upload", async () => {
  await using stage = await ServiceStage.open();
  const { id: other } = await stage.start({ seed: 8 });
  const mask = await stage.upload(await png(200));
  stage.engine.hold();
  const { id } = await stage.start({ contentMaskId: mask });
  await stage.engine.blocked();
  await assert.rejects(stage.transfers.remove(id), isError("CONFLICT", "cancel it first"));
  stage.engine.allow(Infinity);
  const { resultId } = await stage.ended(id);
  await stage.ended(other);
  await stage.transfers.remove(id);
  assert.equal(await stage.transfers.get(id), null);
  assert.equal(await stage.transfers.frame(id, null), null);
  assert.equal(await stage.transfers.images.get(resultId!), null);
  for (const upload of [mask, stage.contentId]) assert.notEqual(await stage.transfers.images.get(upload), null);
});

Deno.test("TransferService keeps every frame where it is asked to", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await stage.start({ keepFrames: true, frameEvery: 4 });
  await stage.ended(id);
  const page = await stage.transfers.frames(id, { first: 3 });
  assert.deepEqual(page.edges.map(({ node }) => node.step), [4, 8, 12]);
  assert.equal(page.hasNextPage, true);
  const rest = await stage.transfers.frames(id, { after: page.edges[2]!.cursor });
  assert.deepEqual([rest.edges.map(({ node }) => node.step), rest.hasNextPage], [[16, 20], false]);
  assert.equal((await page.edges[0]!.node.picture()).width, 32);
});

Deno.test("TransferService.list() pages from both ends", async () => {
  await using stage = await ServiceStage.open();
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) ids.unshift((await stage.ended((await stage.start({ seed: i })).id)).id);
  const list = async (page: Parameters<typeof stage.service.list>[1]) => {
    const { edges, hasNextPage, hasPreviousPage } = await stage.transfers.list(page);
    return { ids: edges.map(({ node }) => node.id), hasNextPage, hasPreviousPage, edges };
  };
  const first = await list({ first: 3 });
  assert.deepEqual([first.ids, first.hasNextPage, first.hasPreviousPage], [ids.slice(0, 3), true, false]);
  const next = await list({ first: 3, after: first.edges[2]!.cursor });
  assert.deepEqual([next.ids, next.hasNextPage, next.hasPreviousPage], [ids.slice(3), false, true]);
  const last = await list({ last: 2 });
  assert.deepEqual([last.ids, last.hasNextPage, last.hasPreviousPage], [ids.slice(2), false, true]);
  assert.deepEqual((await list({ last: 1, before: last.edges[0]!.cursor })).ids, [ids[1]]);
  await assert.rejects(list({ after: "nonsense" }), isError("BAD_USER_INPUT", "cursor"));
  await assert.rejects(list({ first: 101 }), isError("BAD_USER_INPUT", "0 to 100"));
});

Deno.test("TransferService tells how long a transfer takes once it knows this machine", async () => {
  await using stage = await ServiceStage.open();
  assert.equal((await stage.transfers.estimate(stage.request())).seconds, null);
  await stage.ended((await stage.start()).id);
  const scales = [{ size: 32, steps: 4 }, { size: 64, steps: 16 }];
  const { size: _, steps: _steps, ...request } = stage.request({ scales });
  const estimate = await stage.transfers.estimate(request);
  // The fake engine takes half a second for 32², whatever it does: 64² is four times as much.
  assert.deepEqual(estimate, {
    ...{ seconds: 34, memoryBytes: 65536, flopsPerStep: 4096, steps: 20, contentFrames: 1, fits: true },
    scales: [
      { size: 32, width: 32, height: 32, steps: 4, seconds: 2, memoryBytes: 16384, flopsPerStep: 1024 },
      { size: 64, width: 64, height: 64, steps: 16, seconds: 32, memoryBytes: 65536, flopsPerStep: 4096 },
    ],
  });
  stage.engine.hold();
  const { id } = await stage.start();
  const waiting = await stage.start();
  stage.engine.allow(10);
  await stage.engine.blocked();
  const running = (await stage.transfers.get(id))!;
  assert.deepEqual([await stage.transfers.etaSeconds(running), await stage.transfers.etaSeconds(waiting)], [5, 15]);
});

Deno.test("TransferService tells of large transfers by the small ones that ended before its start, and of a running one by its own pace", async () => {
  await using stage = await ServiceStage.open();
  // A quarter of a second, and one more for every 64².
  for (const [size, seconds] of [[32, 0.5], [64, 1.25]] as const) {
    stage.engine.secondsOf = () => seconds;
    await stage.ended((await stage.start({ size })).id);
  }
  await using next = await stage.reopen();
  const request = next.request({ size: 128, steps: null, scales: [{ size: 32, steps: 10 }, { size: 128, steps: 10 }] });
  const { seconds, scales } = await next.transfers.estimate(request);
  assert.deepEqual([seconds, ...scales.map(({ seconds }) => seconds)].map(rounded), [47.5, 5, 42.5]);
  next.engine.secondsOf = () => 2 * 0.5;
  next.engine.hold();
  const { transfer: { id } } = await next.transfers.start(request);
  next.engine.allow(5);
  await next.engine.blocked();
  const remaining = await next.transfers.etaSeconds((await next.transfers.get(id))!);
  assert.equal(rounded(remaining), 5 * 1 + 10 * 8.5);
});

function rounded(value: number | null): number | null {
  return value && Math.round(1e6 * value) / 1e6;
}

Deno.test("TransferService.classify() asks the engine for one picture at a time, at most 16 together", async () => {
  const layers = new Set([...CONV_NAMES, "fc6", "fc7", "fc8"]);
  await using stage = await ServiceStage.open({}, { layers: () => layers });
  const pixels: number[] = [];
  const waiting: (() => void)[] = [];
  stage.engine.classify = (rgb) => {
    pixels.push(rgb.length);
    return new Promise((resolve) => waiting.push(() => resolve(new Float32Array(1000))));
  };
  const calls = Array.from({ length: 16 }, () => stage.transfers.classify(stage.contentId));
  await until(() => pixels.length === 1);
  await assert.rejects(stage.transfers.classify(stage.contentId), isError("QUEUE_FULL", "fewer than 16"));
  assert.equal(waiting.length, 1);
  for (let answered = 1; answered <= 16; answered++) {
    await until(() => waiting.length === 1);
    assert.equal(pixels.length, answered);
    waiting.shift()!();
  }
  assert.equal((await Promise.all(calls)).length, 16);
  assert.deepEqual(new Set(pixels), new Set([3 * 224 * 224]));
});

Deno.test("TransferService.classify() does not trouble the engine where the weights have no dense layers", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.classify = () => assert.fail("asked");
  await assert.rejects(
    stage.transfers.classify(stage.contentId),
    isError("WEIGHTS_INCOMPLETE", "no fc6, fc7, fc8"),
  );
});

/** Lets everything else go on until a condition holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve));
}

Deno.test("TransferService shows and measures the picture that a transfer goes on from, as step 0 and once", async () => {
  const taken: number[] = [];
  const observer = observeAll([{ stepped: (_record, { step }) => void taken.push(step) }]);
  await using stage = await ServiceStage.open({ observer });
  // Lost before the first checkpoint: the second attempt begins with the start picture again.
  stage.engine.mishaps = [{ beforeStep: 3, outcome: "lost", failure: { code: "ENGINE_CRASHED", message: "gone" } }];
  const { id } = await stage.start({
    init: { kind: "IMAGE" },
    initImageId: stage.styleId,
    keepFrames: true,
    frameEvery: 10,
  });
  const events = await Array.fromAsync(await stage.transfers.progress(id, { after: 0 }));
  const ended = await stage.ended(id);
  assert.deepEqual([ended.status, ended.step], ["SUCCEEDED", 20]);
  assert.deepEqual(await stage.loggedSteps(id), [0, ...upTo(20)]);
  assert.deepEqual(events.map(({ event }) => event.sequence), upTo(24));
  const start = events.find(({ event }) => event.losses !== null)!.event;
  assert.deepEqual([start.step, start.frame, start.secondsPerStep], [0, true, null]);
  const frames = await stage.transfers.frames(id, {});
  assert.deepEqual(frames.edges.map(({ node }) => node.step), [0, 10, 20]);
  assert.deepEqual(taken, [1, 2, ...upTo(20)]);
});

Deno.test("a region that selects nothing is refused before anything is queued, by start and estimate", async () => {
  await using stage = await ServiceStage.open();
  const black = await stage.upload(await png(0));
  const corner = await stage.upload(await png((i) => i === 0 ? 255 : 0));
  const styled = (regionId: string) =>
    stage.request({ styles: [{ imageId: stage.styleId, weight: 1, maskId: null, regionId }] });
  const refused = (error: unknown) =>
    error instanceof GramcastError && error.code === "BAD_USER_INPUT" && error.field === "styles.0.region";
  await assert.rejects(stage.transfers.start(styled(black)), refused);
  await assert.rejects(stage.transfers.estimate(styled(black)), refused);
  assert.equal((await stage.transfers.list({})).totalCount, 0);
  assert.equal((await stage.transfers.start(styled(corner))).transfer.status, "QUEUED");
});
