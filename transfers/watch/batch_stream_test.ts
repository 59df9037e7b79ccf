import assert from "node:assert/strict";
import { GramcastError } from "../../errors.ts";
import type { BatchItem } from "../api.ts";
import { BatchStage } from "../testing/batch_stage.ts";
import { LoopMeter } from "../testing/loop_meter.ts";
import { cursorOf, positionsOf } from "./batch_cursor.ts";
import type { BatchStream } from "./batch_stream.ts";

async function take(stream: BatchStream, count: number): Promise<BatchItem[]> {
  const items: BatchItem[] = [];
  for (let i = 0; i < count; i++) {
    const { value } = await stream.next();
    assert.ok(value);
    items.push(value);
  }
  return items;
}

function told(items: readonly BatchItem[]): string[] {
  return items.map(({ progress: { event, transfer } }) => `${transfer.id} ${event.sequence} ${event.status}`);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("BatchStream begins with a snapshot of each transfer, and goes on with whichever has news", async () => {
  const stage = await BatchStage.open(3);
  await stage.status("t1", "RUNNING");
  await stage.step("t1", true);
  const stream = await stage.follow();
  const snapshot = await take(stream, 3);
  assert.deepEqual(told(snapshot), ["t0 1 QUEUED", "t1 3 RUNNING", "t2 1 QUEUED"]);
  assert.deepEqual(snapshot.map(({ progress: { frame } }) => frame?.step ?? null), [null, 1, null]);
  assert.deepEqual(snapshot.map(({ status, done, count }) => [status, done, count]), Array(3).fill(["RUNNING", 0, 3]));
  const next = stream.next();
  await stage.status("t2", "CANCELLED");
  const { value } = await next;
  assert.deepEqual(told([value!]), ["t2 2 CANCELLED"]);
  assert.deepEqual([value!.status, value!.done, value!.sequence], ["RUNNING", 1, 1 + 3 + 2]);
  await stream.return();
  assert.equal(stage.bus.watchers, 0);
});

Deno.test("BatchStream goes on with a snapshot that was broken off, where it was", async () => {
  const stage = await BatchStage.open(3);
  const first = await stage.follow();
  const [, second] = await take(first, 2);
  await first.return();
  await stage.status("t0", "RUNNING");
  await stage.status("t2", "RUNNING");
  const again = await stage.follow({ after: second!.cursor });
  assert.deepEqual(told(await take(again, 2)), ["t2 2 RUNNING", "t0 2 RUNNING"]);
  await again.return();
});

Deno.test("BatchStream tells first what has happened first", async () => {
  const stage = await BatchStage.open(3);
  for (const id of ["t2", "t0", "t1"]) {
    stage.clock.advance(10);
    await stage.status(id, "RUNNING");
    stage.clock.advance(10);
    await stage.status(id, "SUCCEEDED");
  }
  const items = await Array.fromAsync(await stage.follow({ after: "0" }));
  assert.deepEqual(told(items), [
    ...["t0", "t1", "t2"].map((id) => `${id} 1 QUEUED`),
    ...["t2", "t0", "t1"].flatMap((id) => [`${id} 2 RUNNING`, `${id} 3 SUCCEEDED`]),
  ]);
  assert.deepEqual(items.slice(-2).map(({ status, done }) => [status, done]), [["RUNNING", 2], ["SUCCEEDED", 3]]);
  assert.deepEqual(await Array.fromAsync(await stage.follow({ after: items.at(-1)!.cursor })), []);
});

Deno.test("BatchStream leaves out what is removed, and completes when nothing is left", async () => {
  const stage = await BatchStage.open(3);
  const stream = await stage.follow();
  await take(stream, 3);
  const next = stream.next();
  await stage.remove("t1");
  await stage.status("t0", "CANCELLED");
  const { value } = await next;
  assert.deepEqual([told([value!])[0], value!.done, value!.count], ["t0 2 CANCELLED", 1, 2]);
  const again = await stage.follow({ after: value!.cursor });
  const ends = [stream.next(), again.next()];
  await stage.remove("t2");
  for (const end of ends) assert.equal((await end).done, true);
  assert.equal(stage.bus.watchers, 0);
});

Deno.test("BatchStream with minInterval waits for no end, and passes over what is between", async () => {
  const stage = await BatchStage.open(2);
  const stream = await stage.follow({ minInterval: 1000 });
  await take(stream, 2);
  for (const id of ["t0", "t1"]) await stage.status(id, "RUNNING");
  const next = stream.next();
  await until(() => stage.clock.waiting === 1);
  for (let step = 0; step < 3; step++) await stage.step("t0", true);
  await stage.step("t1", true);
  await stage.status("t1", "SUCCEEDED");
  assert.deepEqual(told([(await next).value!, ...await take(stream, 2)]), [
    "t1 2 RUNNING",
    "t1 3 RUNNING",
    "t1 4 SUCCEEDED",
  ]);
  const later = stream.next();
  await until(() => stage.clock.waiting === 1);
  stage.clock.advance(1000);
  assert.deepEqual(told([(await later).value!]), ["t0 2 RUNNING"]);
  stage.clock.advance(1000);
  const [newest] = await take(stream, 1);
  assert.deepEqual([told([newest!])[0], newest!.progress.skippedFrames], ["t0 5 RUNNING", 2]);
  await stream.return();
  assert.equal(stage.clock.waiting, 0);
});

Deno.test("BatchStream.return() settles a next() that waits, and holds nothing afterwards", async () => {
  const stage = await BatchStage.open(2);
  for (const minInterval of [0, 1000]) {
    const stream = await stage.follow({ minInterval });
    await take(stream, 2);
    if (minInterval > 0) await stage.status("t0", "RUNNING");
    const waiting = [stream.next(), stream.next()];
    await new Promise((resolve) => setTimeout(resolve));
    await stream.return();
    for (const next of waiting) assert.equal((await next).done, true);
    assert.deepEqual([stage.bus.watchers, stage.clock.waiting], [0, 0]);
  }
});

Deno.test("BatchStream waits while the storage is away, and then goes on without a hole or a repeat", async () => {
  const stage = await BatchStage.open(2);
  const away = new GramcastError("STORAGE_UNAVAILABLE", "Cannot reach the database: found no answer, wanted one");
  const stream = await stage.follow({ after: "0" });
  await take(stream, 1);
  await stage.status("t0", "RUNNING");
  for (const method of ["get", "events"]) {
    Object.assign(stage.store, { [method]: () => Promise.reject(away) });
    const next = stream.next();
    await new Promise((resolve) => setTimeout(resolve));
    Reflect.deleteProperty(stage.store, method);
    stage.clock.advance(1000);
    assert.deepEqual(told([(await next).value!]), [method === "get" ? "t1 1 QUEUED" : "t0 2 RUNNING"]);
  }
  await stream.return();
});

Deno.test("BatchStream holds a few events of each transfer, however long their logs are", async () => {
  const stage = await BatchStage.open(50);
  for (let i = 0; i < 50; i++) for (let step = 0; step < 20; step++) await stage.step(`t${i}`);
  const limits: number[] = [];
  const { store } = stage;
  const events = store.events.bind(store);
  store.events = (id, after, limit) => {
    limits.push(limit);
    return events(id, after, limit);
  };
  const stream = await stage.follow({ after: "0" });
  await take(stream, 200);
  assert.ok(Math.max(...limits) <= 3, `${Math.max(...limits)} of each`);
  await stream.return();
});

Deno.test("a cursor tells the place in each log, and is refused where it does not", () => {
  const positions = [null, 0, 1, 126, 127, 16_382, 16_383, 2 ** 31 - 2];
  assert.deepEqual(positionsOf(cursorOf(positions), positions.length), positions);
  assert.deepEqual(positionsOf("0", 2), [0, 0]);
  const most = cursorOf(Array(100).fill(2 ** 31 - 2));
  assert.ok(most.length <= 1024);
  const endless = new Uint8Array(200).fill(0xff).with(199, 1).toBase64({ alphabet: "base64url", omitPadding: true });
  for (
    const [cursor, cells] of [
      ...[["", 1], ["x", 1], ["AA", 2], ["gA", 1], ["gAA", 1], ["A A", 1], ["AA==", 1]] as const,
      [endless, 1] as const,
    ]
  ) {
    assert.throws(
      () => positionsOf(cursor, cells),
      (error) => error instanceof GramcastError && error.code === "BAD_USER_INPUT" && error.field === "after",
      cursor,
    );
  }
});

Deno.test("BatchStream refuses a cursor that is ahead of a log", async () => {
  const stage = await BatchStage.open(2);
  await assert.rejects(stage.follow({ after: cursorOf([1, 2]) }), /ahead of the batch/);
  assert.equal(stage.bus.watchers, 0);
});

for (const after of [null, "0"]) {
  Deno.test(`BatchStream reads many transfers a few in a turn of the event loop, from ${after ?? "a snapshot"}`, async () => {
    const stage = await BatchStage.open(100);
    const meter = new LoopMeter();
    meter.meter("get", stage.store);
    meter.meter("events", stage.store);
    const streams = await Promise.all(Array.from({ length: 5 }, () => stage.follow({ after })));
    for (const items of await Promise.all(streams.map((stream) => take(stream, 100)))) {
      assert.equal(new Set(items.map(({ progress }) => progress.transfer.id)).size, 100);
    }
    assert.ok(meter.total >= 100);
    assert.ok(meter.most <= 150, `${meter.most} reads in one turn`);
    for (const stream of streams) await stream.return();
  });
}
