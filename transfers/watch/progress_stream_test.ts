import assert from "node:assert/strict";
import { GramcastError } from "../../errors.ts";
import type { ProgressItem } from "../api.ts";
import type { ProgressStream } from "./progress_stream.ts";
import { ProgressStage } from "../testing/progress_stage.ts";

async function take(stream: ProgressStream, count: number): Promise<ProgressItem[]> {
  const items: ProgressItem[] = [];
  for (let i = 0; i < count; i++) {
    const { value } = await stream.next();
    assert.ok(value);
    items.push(value);
  }
  return items;
}

function sequences(items: readonly ProgressItem[]): number[] {
  return items.map(({ event }) => event.sequence);
}

Deno.test("ProgressStream begins with a snapshot that has the newest frame, then goes on live", async () => {
  const stage = await ProgressStage.running();
  await stage.step(1, true);
  await stage.step(2);
  const stream = await stage.open();
  const [snapshot] = await take(stream, 1);
  assert.deepEqual([snapshot!.event.sequence, snapshot!.event.step, snapshot!.frame?.step], [4, 2, 1]);
  const next = stream.next();
  await stage.step(3, true);
  const item = (await next).value!;
  assert.deepEqual([item.event.sequence, item.frame?.step, item.skippedFrames], [5, 3, 0]);
  await stream.return();
});

Deno.test("ProgressStream replays after a sequence number and completes after the end", async () => {
  const stage = await ProgressStage.running();
  await stage.step(1);
  const stream = await stage.open({ after: 1 });
  assert.deepEqual(sequences(await take(stream, 2)), [2, 3]);
  await stage.step(2);
  await stage.status("SUCCEEDED");
  assert.deepEqual(sequences(await take(stream, 2)), [4, 5]);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  assert.equal(stage.bus.watchers, 0);
});

Deno.test("ProgressStream of an ended transfer gives the snapshot alone", async () => {
  const stage = await ProgressStage.running();
  await stage.step(1, true);
  await stage.status("CANCELLED");
  const items = await Array.fromAsync(await stage.open());
  assert.deepEqual(items.map(({ event, frame }) => [event.status, frame?.step]), [["CANCELLED", 1]]);
  assert.deepEqual(await Array.fromAsync(await stage.open({ after: 4 })), []);
});

Deno.test("ProgressStream goes on past an end that was followed by a resume", async () => {
  const stage = await ProgressStage.running();
  await stage.status("SUCCEEDED");
  await stage.status("QUEUED");
  await stage.status("RUNNING");
  await stage.status("SUCCEEDED");
  assert.deepEqual(sequences(await Array.fromAsync(await stage.open({ after: 0 }))), [1, 2, 3, 4, 5, 6]);
});

Deno.test("ProgressStream refuses an after that the log has not reached", async () => {
  const stage = await ProgressStage.running();
  for (const after of [3, -1, 0.5]) {
    await assert.rejects(
      stage.open({ after }),
      (error) => error instanceof GramcastError && error.code === "BAD_USER_INPUT" && error.field === "after",
    );
  }
  assert.equal(stage.bus.watchers, 0);
});

Deno.test("ProgressStream delivers only the newest frame to who comes late, and counts the others", async () => {
  const stage = await ProgressStage.running();
  for (let step = 1; step <= 4; step++) await stage.step(step, true);
  const stream = await stage.open({ after: 2 });
  const items = await take(stream, 4);
  assert.deepEqual(items.map(({ frame, skippedFrames }) => [frame?.step ?? null, skippedFrames]), [
    [null, 1],
    [null, 2],
    [null, 3],
    [4, 3],
  ]);
  await stage.step(5, true);
  assert.deepEqual((await take(stream, 1)).map(({ frame, skippedFrames }) => [frame?.step, skippedFrames]), [[5, 0]]);
  await stream.return();
});

Deno.test("ProgressStream counts a frame as skipped when its picture is gone", async () => {
  const stage = await ProgressStage.running();
  await stage.step(1, true);
  stage.frames.forget("t");
  const [item] = await take(await stage.open({ after: 2 }), 1);
  assert.deepEqual([item!.frame, item!.skippedFrames], [null, 1]);
});

Deno.test("ProgressStream.return() settles a next() that waits, and holds nothing afterwards", async () => {
  const stage = await ProgressStage.running();
  const stream = await stage.open({ after: 2 });
  const waiting = [stream.next(), stream.next()];
  await stream.return();
  for (const next of waiting) assert.equal((await next).done, true);
  assert.equal(stage.bus.watchers, 0);
  assert.equal((await stream.next()).done, true);
});

Deno.test("ProgressStream.return() ends a wait for the interval", async () => {
  const stage = await ProgressStage.running();
  const stream = await stage.open({ after: 1, minInterval: 1000 });
  await take(stream, 1);
  await stage.step(1);
  const waiting = stream.next();
  await stream.return();
  assert.equal((await waiting).done, true);
  assert.equal(stage.clock.waiting, 0);
});

Deno.test("ProgressStream completes when the transfer is removed", async () => {
  const stage = await ProgressStage.running();
  const stream = await stage.open({ after: 2 });
  const next = stream.next();
  const record = (await stage.store.get("t"))!;
  await stage.store.remove("t");
  await stage.journal.publishRemoval(record);
  assert.equal((await next).done, true);
});

Deno.test("ProgressStream answers calls of next() made at once in order", async () => {
  const stage = await ProgressStage.running();
  const stream = await stage.open({ after: 0 });
  const both = await Promise.all([stream.next(), stream.next()]);
  assert.deepEqual(both.map(({ value }) => value?.event.sequence), [1, 2]);
  await stream.return();
});

Deno.test("ProgressStream with minInterval delivers the newest event once the interval is over", async () => {
  const stage = await ProgressStage.running();
  const stream = await stage.open({ after: 1, minInterval: 100 });
  assert.deepEqual(sequences(await take(stream, 1)), [2]);
  for (let step = 1; step <= 3; step++) await stage.step(step);
  const next = stream.next();
  await stage.step(4);
  await until(() => stage.clock.waiting === 1);
  stage.clock.advance(100);
  assert.equal((await next).value?.event.sequence, 6);
  await stream.return();
});

Deno.test("ProgressStream with minInterval prefers the event of the newest frame and counts those passed over", async () => {
  const stage = await ProgressStage.running();
  const stream = await stage.open({ after: 2, minInterval: 100 });
  await stage.step(1, true);
  await stage.step(2, true);
  await stage.step(3);
  const [item] = await take(stream, 1);
  assert.deepEqual([item!.event.step, item!.frame?.step, item!.skippedFrames], [2, 2, 1]);
  stage.clock.advance(100);
  assert.deepEqual((await take(stream, 1)).map(({ event, frame }) => [event.step, frame]), [[3, null]]);
  await stream.return();
});

Deno.test("ProgressStream with minInterval delivers the last frame and the end without waiting", async () => {
  const stage = await ProgressStage.running();
  const stream = await stage.open({ after: 1, minInterval: 60_000 });
  await take(stream, 1);
  const next = stream.next();
  await stage.step(1, true);
  await stage.step(2, true);
  await stage.status("SUCCEEDED");
  const rest = [(await next).value!, ...await Array.fromAsync(stream)];
  assert.deepEqual(rest.map(({ event, frame }) => [event.status, event.step, frame?.step ?? null]), [
    ["RUNNING", 2, 2],
    ["SUCCEEDED", 2, null],
  ]);
});

Deno.test("ProgressStream with minInterval delivers every change of status", async () => {
  const stage = await ProgressStage.running();
  await stage.step(1);
  for (const status of ["CANCELLED", "QUEUED", "RUNNING", "SUCCEEDED"] as const) await stage.status(status);
  const items = await Array.fromAsync(await stage.open({ after: 0, minInterval: 60_000 }));
  const statuses = items.filter(({ event }) => event.losses === null).map(({ event }) => event.status);
  assert.deepEqual(statuses, ["QUEUED", "RUNNING", "CANCELLED", "QUEUED", "RUNNING", "SUCCEEDED"]);
});

/** Lets other tasks go on until something holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("ProgressStream says how long a live frame took to be handed on, and says nothing of old ones", async () => {
  const stage = await ProgressStage.running();
  await stage.step(1, true);
  const stream = await stage.open();
  assert.equal((await stream.next()).value!.event.step, 1);
  stage.clock.advance(100);
  await stage.step(2, true);
  assert.equal((await stream.next()).value!.event.step, 2);
  stage.clock.advance(250);
  assert.deepEqual(stage.delivered, []);
  const last = stream.next();
  assert.deepEqual(stage.delivered, []);
  await stage.step(3);
  await last;
  assert.deepEqual(stage.delivered, [0.25]);
  await stream.return();
});

Deno.test("ProgressStream waits while the storage is away, and then goes on without a hole or a repeat", async () => {
  const stage = await ProgressStage.running();
  const away = new GramcastError("STORAGE_UNAVAILABLE", "Cannot reach the database: found no answer, wanted one");
  const fail = () => Promise.reject(away);
  await stage.step(1, true);
  const stream = await stage.open({ after: 1 });
  for (const target of [stage.store, stage.frames]) {
    const broken = target === stage.store ? { get: fail } : { at: fail };
    Object.assign(target, broken);
    const next = stream.next();
    await until(() => stage.clock.waiting > 0);
    for (const name of Object.keys(broken)) Reflect.deleteProperty(target, name);
    stage.clock.advance(1000);
    const { event, frame, skippedFrames } = (await next).value!;
    // The status that it has begun with, and then the step with its frame.
    assert.deepEqual(
      [event.step, frame?.step ?? null, skippedFrames],
      target === stage.store ? [0, null, 0] : [1, 1, 0],
    );
  }
  Object.assign(stage.store, { get: fail });
  const last = stream.next();
  await until(() => stage.clock.waiting > 0);
  await stream.return();
  assert.equal((await last).done, true);
  assert.equal(stage.clock.waiting, 0);
});
