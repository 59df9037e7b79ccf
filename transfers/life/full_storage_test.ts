/** What the service does while its storage is full. */
import assert from "node:assert/strict";
import { isError } from "../testing/errors.ts";
import type { FakeClock } from "../testing/fake_clock.ts";
import { FullStorage } from "../testing/full_storage.ts";
import { ServiceStage, upTo } from "../testing/service_stage.ts";

interface FullStage {
  readonly stage: ServiceStage;
  readonly storage: FullStorage;
  readonly clock: FakeClock;
}

async function open(): Promise<FullStage> {
  const storage = new FullStorage();
  const stage = await ServiceStage.open({ store: storage.store, queue: storage.queue });
  return { stage, storage, clock: stage.ports.clock as FakeClock };
}

/** Lets other tasks go on until something waits for the storage. */
async function waiting({ service }: ServiceStage): Promise<void> {
  while ((await service.vitals()).storageWritable) await new Promise((resolve) => setTimeout(resolve));
}

/** Id of a transfer whose sixth step cannot be logged. */
async function waitingAtStep5({ stage, storage }: Omit<FullStage, "clock">): Promise<string> {
  stage.engine.hold();
  const { id } = await stage.start();
  stage.engine.allow(5);
  await stage.engine.blocked();
  storage.full.add("append");
  stage.engine.allow(Infinity);
  await waiting(stage);
  return id;
}

Deno.test("a running transfer waits while the storage is full, and goes on without a hole", async () => {
  const { stage, storage, clock } = await open();
  await using _ = stage;
  const id = await waitingAtStep5({ stage, storage });
  assert.deepEqual([(await stage.transfers.get(id))?.step, (await stage.service.vitals()).storageWritable], [
    5,
    false,
  ]);
  await assert.rejects(stage.start(), isError("STORAGE_FULL"));
  storage.full.clear();
  clock.advance(1000);
  const ended = await stage.ended(id);
  assert.deepEqual([ended.status, ended.sequence, (await stage.service.vitals()).storageWritable], [
    "SUCCEEDED",
    23,
    true,
  ]);
  assert.deepEqual(await stage.loggedSteps(id), upTo(20));
});

Deno.test("a server stops in good order while the storage is full, and the next start goes on", async () => {
  const { stage, storage } = await open();
  const id = await waitingAtStep5({ stage, storage });
  await stage.service.drain();
  storage.full.clear();
  await using next = await stage.reopen();
  assert.equal((await next.ended(id)).status, "SUCCEEDED");
  assert.deepEqual(await next.loggedSteps(id), upTo(20));
});

Deno.test("a start that cannot be recorded takes no place in the queue", async () => {
  const { stage, storage } = await open();
  await using _ = stage;
  storage.full.add("create");
  for (let i = 0; i < 9; i++) await assert.rejects(stage.start({ idempotencyKey: "k" }), isError("STORAGE_FULL"));
  storage.full.clear();
  assert.equal((await stage.ended((await stage.start({ idempotencyKey: "k" })).id)).status, "SUCCEEDED");
});

Deno.test("a transfer that is recorded is accepted, though the storage is full before it is queued", async () => {
  const { stage, storage, clock } = await open();
  await using _ = stage;
  storage.full.add("confirm");
  const starting = stage.start({ idempotencyKey: "k" });
  await waiting(stage);
  storage.full.clear();
  clock.advance(1000);
  assert.equal((await stage.ended((await starting).id)).status, "SUCCEEDED");
});

Deno.test("a transfer whose loss is not finite says so and keeps its picture, though the storage was full", async () => {
  const { stage, storage, clock } = await open();
  await using _ = stage;
  const failure = { code: "LOSS_NOT_FINITE", message: "Cannot take step 4: the style loss is NaN" } as const;
  stage.engine.mishaps = [{ beforeStep: 4, outcome: "failed", failure }];
  storage.full.add("saveFrame");
  const { id } = await stage.start();
  await waiting(stage);
  storage.full.clear();
  clock.advance(1000);
  const ended = await stage.ended(id);
  assert.deepEqual([ended.status, ended.failure], ["FAILED", failure]);
  assert.deepEqual((await stage.ports.store.frames(id)).map(({ step }) => step), [3]);
});

Deno.test("a retuning that cannot be recorded is refused at once, though the transfer waits for the storage", async () => {
  const { stage, storage, clock } = await open();
  await using _ = stage;
  const id = await waitingAtStep5({ stage, storage });
  await assert.rejects(stage.transfers.retune(id, { contentWeight: 5 }), isError("STORAGE_FULL"));
  storage.full.clear();
  await stage.transfers.retune(id, { contentWeight: 6 });
  clock.advance(1000);
  const { options, tunings } = await stage.ended(id);
  assert.deepEqual([options.contentWeight, tunings.map(({ contentWeight }) => contentWeight)], [6, [0.1, 6]]);
});
