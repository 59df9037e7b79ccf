/** Moving contents, frame by frame. */
import assert from "node:assert/strict";
import { GramcastError } from "../../errors.ts";
import { decodePicture, inspectImage, NO_LIMITS } from "../../images/decode.ts";
import { readRecipe } from "../../images/xmp.ts";
import { readTiming } from "../../images/timing.ts";
import { apngOf } from "../../images/testing/apng.ts";
import { fixture } from "../../images/testing/fixtures.ts";
import type { StartRequest } from "../api.ts";
import { sameForAll } from "../quotas.ts";
import { isError } from "../testing/errors.ts";
import { MOVING_STEPS, MOVING_TIMING, movingRequest } from "../testing/moving_content.ts";
import { png, ServiceStage, upTo } from "../testing/service_stage.ts";
import type { TransferRecord } from "../types.ts";

const ALL = MOVING_STEPS.reduce((sum, steps) => sum + steps);

/** Starts a transfer that paints every frame of a content. */
async function start(stage: ServiceStage, changes: Partial<StartRequest> = {}): Promise<TransferRecord> {
  return await stage.start({ ...await movingRequest(stage), ...changes });
}

async function resultOf(stage: ServiceStage, { resultId }: TransferRecord): Promise<Uint8Array> {
  return await stage.transfers.images.read((await stage.transfers.images.get(resultId!))!);
}

/** Result and losses of one that has succeeded. */
async function outcome(stage: ServiceStage, id: string) {
  const record = await stage.ended(id);
  assert.equal(record.status, "SUCCEEDED");
  return { result: await resultOf(stage, record), losses: await stage.transfers.lossHistory(id, 99) };
}

/** The outcome of one that nothing befell. */
async function undisturbed() {
  await using stage = await ServiceStage.open();
  return await outcome(stage, (await start(stage)).id);
}

/** Frames that are kept, by step. */
async function keptSteps(stage: ServiceStage, id: string): Promise<number[]> {
  return (await stage.ports.store.frames(id)).map(({ step }) => step);
}

Deno.test("every frame of a moving content is painted, after the one before, and the result moves as it does", async () => {
  await using stage = await ServiceStage.open();
  const { id, options } = await start(stage);
  assert.deepEqual([options.contentFrames, options.steps], [3, MOVING_STEPS[0]]);
  const record = await stage.ended(id);
  assert.deepEqual([record.status, record.step, record.sequence], ["SUCCEEDED", ALL, ALL + 3]);
  assert.deepEqual(await stage.loggedSteps(id), upTo(ALL));

  const { jobs } = stage.engine;
  assert.deepEqual(jobs.map(({ options }) => options.steps), MOVING_STEPS);
  const colours = await Promise.all(jobs.map(async ({ content }) => (await decodePicture(content, NO_LIMITS)).rgb[0]));
  assert.deepEqual(colours, [200, 30, 40]);
  assert.equal(jobs[0]!.before, undefined);
  for (const [i, step] of [[1, 4], [2, 6]] as const) {
    assert.deepEqual(jobs[i]!.before?.content, jobs[i - 1]!.content);
    assert.deepEqual(jobs[i]!.before?.result, await stage.ports.store.readFrame(id, step));
  }

  const image = (await stage.transfers.images.get(record.resultId!))!;
  const result = await stage.transfers.images.read(image);
  const { width, height, mimeType, frames } = await inspectImage(result, NO_LIMITS);
  assert.deepEqual({ width, height, mimeType, frames }, { width: 32, height: 32, mimeType: "image/webp", frames: 3 });
  assert.deepEqual([image.width, image.height, image.mimeType], [32, 32, "image/webp"]);
  assert.deepEqual(await readTiming(result), MOVING_TIMING);
  assert.equal(JSON.parse((await readRecipe(result))!).request.moving, true);
});

Deno.test("colours that are matched are those of all frames, for every frame the same", async () => {
  await using stage = await ServiceStage.open();
  await stage.ended((await start(stage, { color: "MATCH" })).id);
  const colors = stage.engine.jobs.map(({ colors }) => colors);
  const { width, height, rgb } = await decodePicture(colors[0]!, NO_LIMITS);
  assert.deepEqual([width, height, [0, 64, 128].map((pixel) => rgb[3 * pixel])], [8, 24, [200, 30, 40]]);
  assert.deepEqual(colors, [colors[0], colors[0], colors[0]]);
  await stage.ended((await start(stage)).id);
  await stage.ended((await stage.start({ color: "MATCH" })).id);
  assert.deepEqual(stage.engine.jobs.slice(3).map(({ colors }) => colors), Array(4).fill(undefined));
});

Deno.test("events of a moving content count its steps over all frames, each frame's last one with a picture", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await start(stage, { frameEvery: 3 });
  await stage.ended(id);
  const events = (await stage.ports.store.events(id, 0, 99)).filter(({ losses }) => losses !== null);
  assert.deepEqual(events.map(({ step, steps, frame }) => [step, steps, frame]), [
    ...[[1, ALL, false], [2, ALL, false], [3, ALL, true], [4, ALL, true]],
    ...[[5, ALL, false], [6, ALL, true], [7, ALL, false], [8, ALL, true]],
  ]);
});

Deno.test("a moving content goes on to the same bytes wherever its engine was lost", async () => {
  const expected = await undisturbed();
  const failure = { code: "ENGINE_CRASHED", message: "it is gone" } as const;
  for (const [steps, checkpointEvery] of [[1, 99], [3, 1], [4, 99], [5, 1], [6, 99]] as const) {
    await using stage = await ServiceStage.open();
    stage.engine.hold();
    stage.engine.checkpointEvery = checkpointEvery;
    const { id } = await start(stage);
    stage.engine.allow(steps);
    await stage.engine.blocked();
    stage.engine.mishaps = [{ beforeStep: 1, outcome: "lost", failure }];
    stage.engine.allow(Infinity);
    assert.deepEqual(await outcome(stage, id), expected);
    assert.deepEqual(await stage.loggedSteps(id), upTo(ALL));
    assert.equal(stage.engine.jobs.length, MOVING_STEPS.length + 1);
  }
});

Deno.test("a moving content goes on to the same bytes after a restart within any frame and between two", async () => {
  const expected = await undisturbed();
  for (const steps of [2, 4, 5, 6, 7]) {
    await using stage = await ServiceStage.open();
    stage.engine.hold();
    const { id } = await start(stage);
    stage.engine.allow(steps);
    await stage.engine.blocked();
    await stage.service.drain();
    assert.equal((await stage.transfers.get(id))?.step, steps);
    await using after = await stage.reopen();
    assert.deepEqual(await outcome(after, id), expected);
    assert.deepEqual(await after.loggedSteps(id), upTo(ALL));
  }
});

Deno.test("a frame whose checkpoint cannot be read is painted again, and none before it", async () => {
  const expected = await undisturbed();
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  stage.engine.checkpointEvery = 1;
  const { id } = await start(stage);
  stage.engine.allow(5);
  await stage.engine.blocked();
  await stage.service.drain();
  stage.ports.store.readCheckpoint = () =>
    Promise.reject(new GramcastError("CHECKPOINT_UNREADABLE", "Cannot read the checkpoint: it is cut off"));
  await using after = await stage.reopen();
  assert.deepEqual(await outcome(after, id), expected);
  assert.deepEqual(after.engine.jobs.map(({ options }) => options.steps), [2, 2]);
});

Deno.test("a moving content that is cancelled keeps its frames, goes on when it is resumed, and goes with them", async () => {
  const expected = await undisturbed();
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { id } = await start(stage);
  stage.engine.allow(5);
  await stage.engine.blocked();
  const cancelled = await stage.transfers.cancel(id);
  assert.deepEqual([cancelled.status, cancelled.step, cancelled.resultId], ["CANCELLED", 5, null]);
  assert.deepEqual(await keptSteps(stage, id), [4, 5]);
  await assert.rejects(stage.transfers.resume(id, 10), isError("BAD_USER_INPUT", "Cannot add 10 steps to 3 frames"));
  stage.engine.allow(Infinity);
  await stage.transfers.resume(id, null);
  assert.deepEqual(await outcome(stage, id), expected);
  assert.deepEqual(await keptSteps(stage, id), [4, 6, 8]);
  await assert.rejects(stage.transfers.resume(id, null), isError("BAD_USER_INPUT", "all 8 are done"));
  await stage.transfers.remove(id);
  assert.deepEqual(await keptSteps(stage, id), []);
});

Deno.test("a moving content is retuned from its next step on, in this frame and those after it", async () => {
  const run = async (disturb: (stage: ServiceStage, id: string) => Promise<ServiceStage>) => {
    await using stage = await ServiceStage.open();
    stage.engine.hold();
    const { id } = await start(stage);
    stage.engine.allow(5);
    await stage.engine.blocked();
    const { tunings } = await stage.transfers.retune(id, { contentWeight: 3 });
    assert.equal(tunings.at(-1)?.afterStep, 5);
    const last = await disturb(stage, id);
    const ended = await outcome(last, id);
    assert.equal((await last.transfers.get(id))!.options.contentWeight, 3);
    assert.equal(last.engine.jobs.at(-1)!.options.contentWeight, 3);
    if (last !== stage) await last.service.drain();
    return ended;
  };
  const once = await run((stage) => (stage.engine.allow(Infinity), Promise.resolve(stage)));
  assert.notDeepEqual(once.result, (await undisturbed()).result);
  assert.deepEqual(once.losses.slice(0, 5), (await undisturbed()).losses.slice(0, 5));
  // Also where the steps before and after it are taken by another.
  const again = await run(async (stage) => {
    await stage.service.drain();
    return await stage.reopen();
  });
  assert.deepEqual(again, once);
});

Deno.test("an estimate, the work of a day and the seconds that are left are of all frames", async () => {
  const work = ALL * 32 ** 2;
  await using stage = await ServiceStage.open({}, { quotas: sameForAll({ pixelSteps: work }) });
  const request = await movingRequest(stage);
  const { steps, contentFrames, scales } = await stage.transfers.estimate(stage.request(request));
  assert.deepEqual([steps, contentFrames, scales.map(({ steps }) => steps)], [ALL, 3, [MOVING_STEPS[0]]]);
  stage.engine.hold();
  const { id } = await stage.start({ ...request, idempotencyKey: "once" });
  assert.equal((await stage.start({ ...request, idempotencyKey: "once" })).id, id);
  await assert.rejects(stage.start(request), isError("QUOTA_EXCEEDED"));
  const still = { ...request, idempotencyKey: "once", moving: false };
  await assert.rejects(stage.start(still), isError("CONFLICT", "other input"));
  stage.engine.allow(5);
  await stage.engine.blocked();
  // Half a second each.
  assert.equal(await stage.transfers.etaSeconds((await stage.transfers.get(id))!), 1.5);
  await stage.transfers.cancel(id);
  assert.deepEqual((await stage.transfers.shares()).find(({ name }) => name === "pixelSteps")?.used, 5 * 32 ** 2);
});

Deno.test("a content of one frame is painted as ever, whether it may move or not", async () => {
  await using stage = await ServiceStage.open();
  const { id, options } = await stage.start({ moving: true });
  assert.equal(options.contentFrames, undefined);
  const { resultId } = await stage.ended(id);
  assert.equal((await stage.transfers.images.get(resultId!))?.mimeType, "image/png");
});

Deno.test("a content that moves is painted by its first frame unless it is asked for", async () => {
  await using stage = await ServiceStage.open();
  const { id, options } = await start(stage, { moving: null });
  assert.equal(options.contentFrames, undefined);
  assert.equal((await stage.ended(id)).step, MOVING_STEPS[0]);
});

Deno.test("a content that cannot be painted frame by frame is refused before it is queued", async () => {
  await using stage = await ServiceStage.open();
  const refusal = async (
    bytes: Uint8Array,
    changes: Partial<StartRequest>,
    message: string,
    code = "BAD_USER_INPUT",
  ) => {
    const contentId = await stage.upload(bytes);
    const request = { moving: true, contentId, ...changes };
    await assert.rejects(stage.start(request), isError(code as "BAD_USER_INPUT", message));
  };
  await refusal(
    await fixture("pages.tif"),
    {},
    "found 2 pictures of image/tiff, wanted the frames of a GIF, WebP or PNG",
  );
  const frame = { width: 2, height: 2, colour: [1, 2, 3, 255] as const };
  await refusal(apngOf(Array(301).fill(frame)), {}, "found 301 frames, wanted at most 300");
  await refusal(
    apngOf(Array(30).fill(frame)),
    { size: 2048 },
    "Cannot paint 30 frames of 2048×2048 = 125829120 pixels",
  );
  // Of a GIF only the first frame is read when it is uploaded.
  const gif = await fixture("animated.gif");
  await refusal(gif.slice(0, -1), {}, "found a GIF without its end", "IMAGE_UNREADABLE");
  assert.equal((await stage.transfers.list({})).totalCount, 0);
});

Deno.test("a moving painting is not enlarged", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await start(stage);
  await stage.ended(id);
  await assert.rejects(
    stage.transfers.enlarge(id, { fit: { longest: 64 }, steps: null, idempotencyKey: null }),
    isError("CONFLICT", "it has 3 frames, wanted a picture that does not move"),
  );
});

Deno.test("frames that keepFrames keeps besides make room, those that the result is made of never do", async () => {
  const { byteLength } = await png(() => 0, 32, 32);
  await using stage = await ServiceStage.open({}, { maxFramesBytes: byteLength });
  const { id } = await start(stage, { keepFrames: true, frameEvery: 1 });
  await outcome(stage, id);
  assert.deepEqual(await keptSteps(stage, id), [4, 6, 8]);
  const roomy = await ServiceStage.open();
  const all = await start(roomy, { keepFrames: true, frameEvery: 1 });
  await outcome(roomy, all.id);
  assert.deepEqual(await keptSteps(roomy, all.id), upTo(ALL));
  await roomy.service.drain();
});

Deno.test("in a batch contents that move are painted frame by frame, beside those that do not", async () => {
  await using stage = await ServiceStage.open();
  const { contentId } = await movingRequest(stage);
  const base = stage.batchRequest(1);
  const variations = base.variations.map((variation) => ({ ...variation, moving: true }));
  const contents = [contentId!, stage.contentId];
  const { id } = await stage.startBatch(1, { contents, variations });
  const painted = await stage.transfers.batches.transfers(id);
  const frames = Object.fromEntries(painted.map(({ contentId, options }) => [contentId, options.contentFrames ?? 1]));
  assert.deepEqual(frames, { [contentId!]: 3, [stage.contentId]: 1 });
  for (const { id } of painted) assert.equal((await stage.ended(id)).status, "SUCCEEDED");
  const cut = await stage.upload((await fixture("animated.gif")).slice(0, -1));
  await assert.rejects(
    stage.startBatch(1, { contents: [stage.contentId, cut], variations }),
    isError("IMAGE_UNREADABLE", "found a GIF without its end"),
  );
});
