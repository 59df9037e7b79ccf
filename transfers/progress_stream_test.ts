import assert from "node:assert/strict";
import fc from "fast-check";
import { GramcastError } from "../errors.ts";
import type { Picture } from "../engine/picture.ts";
import type { ProgressItem, ProgressRequest } from "./api.ts";
import { FrameCache } from "./frame_cache.ts";
import { Journal, statusEvent } from "./journal.ts";
import { SILENT_LOG } from "./log.ts";
import { MemoryEventBus } from "./memory/memory_event_bus.ts";
import { MemoryTransferStore } from "./memory/memory_transfer_store.ts";
import { ProgressStream } from "./progress_stream.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { statusOnly, stepEvent, transferRecord } from "./testing/records.ts";
import type { TransferStatus } from "./types.ts";

const PICTURE: Picture = { width: 1, height: 1, rgb: new Uint8Array(3) };

/** A running transfer whose log the test writes: QUEUED is event 1, RUNNING event 2, step n event n + 2. */
class Stage {
  readonly store = new MemoryTransferStore();
  readonly bus = new MemoryEventBus();
  readonly clock = new FakeClock();
  readonly frames = new FrameCache(this.store, () => Promise.resolve(PICTURE));
  readonly journal = new Journal(this.store, this.bus, this.clock, SILENT_LOG);

  static async running(): Promise<Stage> {
    const stage = new Stage();
    await stage.store.create(transferRecord(), statusOnly("QUEUED"));
    await stage.status("RUNNING");
    return stage;
  }

  async status(status: TransferStatus): Promise<void> {
    const record = (await this.store.get("t"))!;
    await this.journal.append("t", {
      from: [record.status],
      changes: { status },
      events: [statusEvent(status, record)],
    });
  }

  async step(step: number, frame = false): Promise<void> {
    if (frame) this.frames.put("t", step, PICTURE);
    await this.journal.append("t", {
      from: ["RUNNING"],
      changes: { step, ...(frame ? { frameStep: step } : {}) },
      events: [{ ...stepEvent(step), frame }],
    });
  }

  async open(request: ProgressRequest = {}): Promise<ProgressStream> {
    return await ProgressStream.open(this, (await this.store.get("t"))!, request);
  }
}

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
  const stage = await Stage.running();
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
  const stage = await Stage.running();
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
  const stage = await Stage.running();
  await stage.step(1, true);
  await stage.status("CANCELLED");
  const items = await Array.fromAsync(await stage.open());
  assert.deepEqual(items.map(({ event, frame }) => [event.status, frame?.step]), [["CANCELLED", 1]]);
  assert.deepEqual(await Array.fromAsync(await stage.open({ after: 4 })), []);
});

Deno.test("ProgressStream goes on past an end that was followed by a resume", async () => {
  const stage = await Stage.running();
  await stage.status("SUCCEEDED");
  await stage.status("QUEUED");
  await stage.status("RUNNING");
  await stage.status("SUCCEEDED");
  assert.deepEqual(sequences(await Array.fromAsync(await stage.open({ after: 0 }))), [1, 2, 3, 4, 5, 6]);
});

Deno.test("ProgressStream refuses an after that the log has not reached", async () => {
  const stage = await Stage.running();
  for (const after of [3, -1, 0.5]) {
    await assert.rejects(
      stage.open({ after }),
      (error) => error instanceof GramcastError && error.code === "BAD_USER_INPUT" && error.field === "after",
    );
  }
  assert.equal(stage.bus.watchers, 0);
});

Deno.test("ProgressStream delivers only the newest frame to who comes late, and counts the others", async () => {
  const stage = await Stage.running();
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
  const stage = await Stage.running();
  await stage.step(1, true);
  stage.frames.forget("t");
  const [item] = await take(await stage.open({ after: 2 }), 1);
  assert.deepEqual([item!.frame, item!.skippedFrames], [null, 1]);
});

Deno.test("ProgressStream.return() settles a next() that waits, and holds nothing afterwards", async () => {
  const stage = await Stage.running();
  const stream = await stage.open({ after: 2 });
  const waiting = [stream.next(), stream.next()];
  await stream.return();
  for (const next of waiting) assert.equal((await next).done, true);
  assert.equal(stage.bus.watchers, 0);
  assert.equal((await stream.next()).done, true);
});

Deno.test("ProgressStream.return() ends a wait for the interval", async () => {
  const stage = await Stage.running();
  const stream = await stage.open({ after: 1, minInterval: 1000 });
  await take(stream, 1);
  await stage.step(1);
  const waiting = stream.next();
  await stream.return();
  assert.equal((await waiting).done, true);
  assert.equal(stage.clock.waiting, 0);
});

Deno.test("ProgressStream completes when the transfer is removed", async () => {
  const stage = await Stage.running();
  const stream = await stage.open({ after: 2 });
  const next = stream.next();
  const record = (await stage.store.get("t"))!;
  await stage.store.remove("t");
  await stage.journal.publishRemoval(record);
  assert.equal((await next).done, true);
});

Deno.test("ProgressStream answers calls of next() made at once in order", async () => {
  const stage = await Stage.running();
  const stream = await stage.open({ after: 0 });
  const both = await Promise.all([stream.next(), stream.next()]);
  assert.deepEqual(both.map(({ value }) => value?.event.sequence), [1, 2]);
  await stream.return();
});

Deno.test("ProgressStream with minInterval delivers the newest event once the interval is over", async () => {
  const stage = await Stage.running();
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
  const stage = await Stage.running();
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
  const stage = await Stage.running();
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
  const stage = await Stage.running();
  await stage.step(1);
  for (const status of ["CANCELLED", "QUEUED", "RUNNING", "SUCCEEDED"] as const) await stage.status(status);
  const items = await Array.fromAsync(await stage.open({ after: 0, minInterval: 60_000 }));
  const statuses = items.filter(({ event }) => event.losses === null).map(({ event }) => event.status);
  assert.deepEqual(statuses, ["QUEUED", "RUNNING", "CANCELLED", "QUEUED", "RUNNING", "SUCCEEDED"]);
});

Deno.test("ProgressStream without minInterval delivers every event once, however it is read and left", async () => {
  const readsAndSteps = fc.array(fc.constantFrom("step", "read", "reconnect"), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(readsAndSteps, async (actions) => {
      const stage = await Stage.running();
      let stream = await stage.open({ after: 0 });
      const seen: number[] = [];
      let steps = 0;
      let skippable = 0;
      for (const action of actions) {
        if (action === "step") await stage.step(++steps, true);
        if (action === "reconnect") {
          await stream.return();
          stream = await stage.open({ after: seen.at(-1) ?? 0 });
        }
        if (action === "read" && seen.length < steps + 2) {
          const { value } = await stream.next();
          seen.push(value!.event.sequence);
          if (value!.frame === null && value!.event.frame) skippable++;
        }
      }
      await stage.status("SUCCEEDED");
      for await (const { event } of stream) seen.push(event.sequence);
      assert.deepEqual(seen, Array.from({ length: steps + 3 }, (_, i) => i + 1));
      assert.ok(skippable <= steps);
      assert.equal(stage.bus.watchers, 0);
    }),
    { numRuns: 60 },
  );
});

/** Lets other tasks go on until something holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 0));
}
