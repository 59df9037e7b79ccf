/** How transfers stop and go on: cancelled, resumed, drained, and where their engine is lost. */
import assert from "node:assert/strict";
import { isError } from "../testing/errors.ts";
import type { FakeClock } from "../testing/fake_clock.ts";
import { ServiceStage, upTo } from "../testing/service_stage.ts";

Deno.test("TransferService.cancel() stops a running transfer after its present step and keeps what it has", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { id } = await stage.start();
  stage.engine.allow(7);
  await stage.engine.blocked();
  const cancelled = await stage.transfers.cancel(id);
  assert.deepEqual([cancelled.status, cancelled.step], ["CANCELLED", 7]);
  assert.deepEqual(await stage.loggedSteps(id), upTo(7));
  assert.equal((await stage.transfers.frame(id, null))?.step, 5);
  assert.deepEqual(await stage.ports.store.checkpoints(id), [7, 5]);
  assert.deepEqual(await stage.transfers.cancel(id), cancelled);
});

Deno.test("TransferService.cancel() takes a queued transfer out of the queue", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { id: first } = await stage.start();
  await stage.engine.blocked();
  const { id } = await stage.start();
  assert.equal(await stage.transfers.queuePosition(id), 0);
  assert.equal((await stage.transfers.cancel(id)).status, "CANCELLED");
  assert.equal(await stage.transfers.queuePosition(id), null);
  stage.engine.allow(Infinity);
  await stage.ended(first);
  assert.equal(stage.engine.jobs.length, 1);
});

Deno.test("TransferService.resume() after 12 + 8 steps gives the same as 20, with one log", async () => {
  await using stage = await ServiceStage.open();
  const whole = await stage.ended((await stage.start()).id);
  const { id } = await stage.start({ steps: 12 });
  const half = await stage.ended(id);
  const resumed = await stage.transfers.resume(id, 8);
  assert.deepEqual([resumed.status, resumed.options.steps, resumed.step], ["QUEUED", 20, 12]);
  const ended = await stage.ended(id);
  assert.deepEqual([ended.status, ended.step], ["SUCCEEDED", 20]);
  assert.equal(ended.resultId, whole.resultId);
  assert.notEqual(half.resultId, whole.resultId);
  assert.deepEqual(await stage.transfers.lossHistory(id, 99), await stage.transfers.lossHistory(whole.id, 99));
  assert.equal(stage.engine.jobs.at(-1)?.checkpoint === null, false);
});

Deno.test("TransferService.resume() of a cancelled transfer goes to its planned end", async () => {
  await using stage = await ServiceStage.open();
  const whole = await stage.ended((await stage.start()).id);
  stage.engine.hold();
  const { id } = await stage.start();
  stage.engine.allow(3);
  await stage.engine.blocked();
  await stage.transfers.cancel(id);
  await stage.transfers.resume(id, null);
  stage.engine.allow(Infinity);
  assert.equal((await stage.ended(id)).resultId, whole.resultId);
  assert.deepEqual(await stage.loggedSteps(id), upTo(20));
  await assert.rejects(stage.transfers.resume(id, null), isError("BAD_USER_INPUT", "steps to add"));
  await assert.rejects(stage.transfers.resume(id, 0), isError("BAD_USER_INPUT", "from 1 to 9980"));
});

Deno.test("TransferService goes on from a checkpoint after the engine was lost, without a hole or a repeat", async () => {
  await using stage = await ServiceStage.open();
  const whole = await stage.ended((await stage.start()).id);
  const failure = { code: "ENGINE_CRASHED", message: "The engine was killed" } as const;
  stage.engine.mishaps = [8, 13, 13].map((beforeStep) => ({ beforeStep, outcome: "lost", failure }));
  const { id } = await stage.start();
  const items = await Array.fromAsync(await stage.transfers.progress(id, { after: 0 }));
  assert.deepEqual(items.map(({ event }) => event.sequence), upTo(23));
  const ended = await stage.ended(id);
  assert.deepEqual([ended.status, ended.attempts, ended.resultId], ["SUCCEEDED", 0, whole.resultId]);
  assert.deepEqual(await stage.transfers.lossHistory(id, 99), await stage.transfers.lossHistory(whole.id, 99));
  const decode = (bytes: Uint8Array | null) => bytes && JSON.parse(new TextDecoder().decode(bytes))[0];
  assert.deepEqual(stage.engine.jobs.map(({ checkpoint }) => decode(checkpoint)), [null, null, 5, 10, 10]);
});

Deno.test("TransferService fails a transfer after three attempts without progress, saying why", async () => {
  await using stage = await ServiceStage.open();
  for (const code of ["ENGINE_CRASHED", "ENGINE_HUNG", "ENGINE_OUT_OF_MEMORY"] as const) {
    const failure = { code, message: "The engine is gone" };
    stage.engine.mishaps = [4, 4, 4, 4].map((beforeStep) => ({ beforeStep, outcome: "lost", failure }));
    const { id } = await stage.start();
    const ended = await stage.ended(id);
    assert.deepEqual([ended.status, ended.failure, ended.step], ["FAILED", failure, 3]);
    assert.deepEqual(stage.engine.mishaps, []);
  }
});

Deno.test("TransferService fails at once for a loss that is not finite and keeps the last good picture", async () => {
  await using stage = await ServiceStage.open();
  const failure = { code: "LOSS_NOT_FINITE", message: "Cannot take step 9: the style loss is NaN" } as const;
  stage.engine.mishaps = [{ beforeStep: 9, outcome: "failed", failure }];
  const ended = await stage.ended((await stage.start()).id);
  assert.deepEqual([ended.status, ended.failure, ended.step], ["FAILED", failure, 8]);
  assert.equal((await stage.transfers.frame(ended.id, null))?.step, 8);
  assert.equal((await stage.ports.store.frames(ended.id)).at(-1)?.step, 8);
});

Deno.test("TransferService falls back to the checkpoint before one that cannot be used", async () => {
  await using stage = await ServiceStage.open();
  const whole = await stage.ended((await stage.start()).id);
  const failure = { code: "CHECKPOINT_UNREADABLE", message: "Cannot read the checkpoint" } as const;
  stage.engine.hold();
  const { id } = await stage.start();
  stage.engine.allow(13);
  await stage.engine.blocked();
  await stage.transfers.cancel(id);
  stage.engine.mishaps = [{ beforeStep: 1, outcome: "failed", failure }];
  await stage.transfers.resume(id, null);
  stage.engine.allow(Infinity);
  assert.equal((await stage.ended(id)).resultId, whole.resultId);
  assert.deepEqual(await stage.loggedSteps(id), upTo(20));
});

Deno.test("TransferService.drain() keeps a checkpoint, and the next start goes on by itself", async () => {
  await using stage = await ServiceStage.open();
  const whole = await stage.ended((await stage.start()).id);
  stage.engine.hold();
  const { id } = await stage.start();
  const { id: waiting } = await stage.start();
  stage.engine.allow(8);
  await stage.engine.blocked();
  await stage.service.drain();
  assert.deepEqual([(await stage.transfers.get(id))?.status, stage.engine.closed], ["RUNNING", true]);
  assert.deepEqual(await stage.ports.store.checkpoints(id), [8, 5]);
  await using next = await stage.reopen();
  assert.equal((await next.ended(id)).resultId, whole.resultId);
  assert.equal((await next.ended(waiting)).resultId, whole.resultId);
  assert.deepEqual(await next.loggedSteps(id), upTo(20));
  assert.equal((await next.ended(id)).sequence, 23);
});

Deno.test("TransferService.drain() ends an engine that does not stop", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  stage.engine.deaf = true;
  const { id } = await stage.start();
  await stage.engine.blocked();
  const drained = stage.service.drain(5000);
  (stage.ports.clock as FakeClock).advance(5000);
  await drained;
  assert.equal((await stage.transfers.get(id))?.status, "RUNNING");
});

Deno.test("TransferService takes up transfers that the queue has lost", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { id } = await stage.start();
  await stage.engine.blocked();
  const { id: queued } = await stage.start();
  await stage.service.drain();
  for (const lost of [id, queued]) await stage.ports.queue.settle(lost);
  await using next = await stage.reopen();
  assert.deepEqual([(await next.ended(id)).status, (await next.ended(queued)).status], ["SUCCEEDED", "SUCCEEDED"]);
});

Deno.test("TransferService.cancel() does not wait for an engine that is still to start", async () => {
  await using stage = await ServiceStage.open();
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  stage.engine.starting = started;
  const { id } = await stage.start();
  const cancelled = await stage.transfers.cancel(id);
  assert.deepEqual([cancelled.status, cancelled.step, cancelled.startedAt], ["CANCELLED", 0, null]);
  assert.deepEqual(stage.engine.jobs, []);
  start();
});

Deno.test("TransferService.drain() does not wait for an engine that is still to start", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.starting = new Promise(() => {});
  const { id } = await stage.start();
  await stage.service.drain();
  assert.equal((await stage.transfers.get(id))?.status, "QUEUED");
  await using next = await stage.reopen();
  assert.equal((await next.ended(id)).status, "SUCCEEDED");
});

Deno.test("TransferService.cancel() and the end of a transfer that race give one end", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { id } = await stage.start();
  stage.engine.allow(19);
  await stage.engine.blocked();
  stage.engine.allow(1);
  const cancelled = stage.transfers.cancel(id);
  const items = await Array.fromAsync(await stage.transfers.progress(id, { after: 0 }));
  const ends = items.map(({ event }) => event.status).filter((status) => /SUCCEEDED|CANCELLED/.test(status));
  assert.deepEqual(ends, [(await cancelled).status]);
});

Deno.test("TransferService.resume() goes on once when two calls race, and takes one place in the queue", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await stage.ended((await stage.start({ steps: 12 })).id);
  stage.engine.hold();
  await stage.start();
  await stage.engine.blocked();
  const resume = () => stage.transfers.resume(id, 8);
  const [first, second] = await Promise.allSettled([resume(), resume()]);
  assert.equal(first.status, "fulfilled");
  assert.ok(second.status === "rejected" && isError("CONFLICT", "QUEUED")(second.reason));
  assert.deepEqual(await stage.ports.queue.waiting(9), [id]);
  stage.engine.allow(Infinity);
  assert.deepEqual((await stage.ended(id)).step, 20);
});

Deno.test("TransferService.resume() of a transfer that is deleted meanwhile leaves no place taken in the queue", async () => {
  await using stage = await ServiceStage.open({}, { maxQueued: 1 });
  const { id } = await stage.ended((await stage.start({ steps: 12 })).id);
  const { store } = stage.ports;
  const { append } = store;
  store.append = async (...args) => (await store.remove(id), await append.apply(store, args));
  await assert.rejects(stage.transfers.resume(id, 8), isError("NOT_FOUND", "deleted"));
  store.append = append;
  assert.equal((await stage.ended((await stage.start()).id)).status, "SUCCEEDED");
});

Deno.test("TransferService.remove() while others watch ends their subscriptions, and nothing is found any more", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await stage.ended((await stage.start()).id);
  const watcher = await stage.transfers.progress(id, { after: 0 });
  assert.equal((await watcher.next()).value?.event.sequence, 1);
  await stage.transfers.remove(id);
  assert.deepEqual(await Array.fromAsync(watcher), []);
  await assert.rejects(stage.transfers.progress(id, { after: 0 }), isError("NOT_FOUND"));
  await assert.rejects(stage.transfers.remove(id), isError("NOT_FOUND"));
  assert.equal((await stage.transfers.list({})).totalCount, 0);
});
