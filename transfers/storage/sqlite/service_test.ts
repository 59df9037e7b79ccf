import assert from "node:assert/strict";
import type { BatchItem } from "../../api.ts";
import { MOVING_STEPS, movingRequest } from "../../testing/moving_content.ts";
import { ServiceStage, upTo } from "../../testing/service_stage.ts";
import { TemporaryStorage } from "./testing/temporary_storage.ts";

/** Bytes of the result of a transfer that has succeeded. */
async function resultOf(stage: ServiceStage, id: string): Promise<Uint8Array> {
  const { status, resultId } = await stage.ended(id);
  assert.equal(status, "SUCCEEDED");
  return new Uint8Array(await stage.transfers.images.read((await stage.transfers.images.get(resultId!))!));
}

Deno.test("a transfer goes on after a restart, with every event once and the result of an undisturbed run", async () => {
  await using temporary = await TemporaryStorage.open();
  const { store, images, queue } = temporary.storage;
  const first = await ServiceStage.open({ store, images, queue });
  first.engine.hold();
  const { id } = await first.start({ idempotencyKey: "k", keepFrames: true });
  const waiting = await first.start({ seed: 8 });
  first.engine.allow(12);
  await first.engine.blocked();
  await first.service.drain();

  const after = await temporary.reopen();
  await using second = await ServiceStage.open({ store: after.store, images: after.images, queue: after.queue });
  assert.equal((await second.start({ idempotencyKey: "k", keepFrames: true })).id, id);
  const result = await resultOf(second, id);
  assert.deepEqual(await second.loggedSteps(id), upTo(20));
  assert.deepEqual((await after.store.frames(id)).map(({ step }) => step), [5, 10, 15, 20]);
  await resultOf(second, waiting.id);

  await using undisturbed = await ServiceStage.open();
  assert.deepEqual(await resultOf(undisturbed, (await undisturbed.start({ keepFrames: true })).id), result);
});

Deno.test("a batch goes on after a restart, and so does whoever follows it", async () => {
  await using temporary = await TemporaryStorage.open();
  const first = await ServiceStage.open(temporary.storage);
  first.engine.hold();
  const { id } = await first.startBatch(3, { idempotencyKey: "k" });
  first.engine.allow(6);
  await first.engine.blocked();
  const seen: BatchItem[] = [];
  for await (const item of await first.transfers.batches.progress(id, { after: "0" })) {
    seen.push(item);
    if (item.sequence === 8) break;
  }
  await first.service.drain();

  await using second = await ServiceStage.open(await temporary.reopen());
  assert.equal((await second.startBatch(3, { idempotencyKey: "k" })).id, id);
  for await (const item of await second.transfers.batches.progress(id, { after: seen.at(-1)!.cursor })) seen.push(item);
  assert.deepEqual(seen.map(({ sequence }) => sequence), upTo(3 * 7));
  assert.deepEqual([seen.at(-1)!.status, seen.at(-1)!.done], ["SUCCEEDED", 3]);
  await second.transfers.batches.remove(id);
  assert.equal((await second.transfers.batches.list({})).totalCount, 0);
});

Deno.test("a moving content goes on after a restart within a frame, from the frames that are finished", async () => {
  await using temporary = await TemporaryStorage.open();
  const first = await ServiceStage.open(temporary.storage);
  first.engine.hold();
  const { id } = await first.start(await movingRequest(first));
  first.engine.allow(5);
  await first.engine.blocked();
  await first.service.drain();

  await using second = await ServiceStage.open(await temporary.reopen());
  const result = await resultOf(second, id);
  assert.deepEqual(second.engine.jobs.map(({ options }) => options.steps), MOVING_STEPS.slice(1));
  await second.transfers.remove(id);
  assert.deepEqual(await second.ports.store.frames(id), []);

  await using undisturbed = await ServiceStage.open();
  const { id: whole } = await undisturbed.start(await movingRequest(undisturbed));
  assert.deepEqual(await resultOf(undisturbed, whole), result);
});
