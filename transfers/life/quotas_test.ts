import assert from "node:assert/strict";
import type { Role } from "../caller.ts";
import { GramcastError } from "../../errors.ts";
import { sameForAll } from "../quotas.ts";
import { isError } from "../testing/errors.ts";
import type { FakeClock } from "../testing/fake_clock.ts";
import { FakeEngine } from "../testing/fake_engine.ts";
import { memoryPorts, OWNER, png, ServiceStage, SETTINGS } from "../testing/service_stage.ts";
import type { TransferRecord } from "../types.ts";
import { TransferService } from "./service.ts";

const DAY = 86_400_000;
/** Of the stage's transfers: 20 steps of 32². */
const WORK = 20 * 32 ** 2;

function callerOf(owner: string, role: Role = "USER") {
  return { name: owner, owner, role, follows: null };
}

async function shares(stage: ServiceStage, owner = OWNER): Promise<Record<string, number>> {
  return Object.fromEntries((await stage.as(owner).shares()).map(({ name, used }) => [name, used]));
}

function detailsOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(() => null, (error) => error instanceof GramcastError ? error.details["share"] : error);
}

Deno.test("a refusal says which share, how much of it is used, and when it frees up", async () => {
  await using stage = await ServiceStage.open({}, { quotas: sameForAll({ waiting: 1, pixelSteps: 2 * WORK }) });
  stage.engine.hold();
  await stage.start();
  await stage.engine.blocked();
  await stage.start();
  const nextDay = new Date((Math.floor(stage.ports.clock.now() / DAY) + 1) * DAY).toISOString();
  assert.deepEqual(await detailsOf(stage.start()), {
    name: "pixelSteps",
    limit: 2 * WORK,
    used: 2 * WORK,
    asked: WORK,
    unit: "pixel steps",
    resetsAt: nextDay,
  });
  assert.deepEqual(await detailsOf(stage.start({ steps: 0 })), undefined);
  assert.deepEqual((await shares(stage))["running"], 1);
});

Deno.test("two starts at once do not both take the last of a share, and a repeat takes none of it", async () => {
  for (const quotas of [{ waiting: 1 }, { pixelSteps: WORK }]) {
    await using stage = await ServiceStage.open({}, { quotas: sameForAll(quotas) });
    stage.engine.hold();
    if ("waiting" in quotas) {
      await stage.start();
      await stage.engine.blocked();
    }
    const starts = await Promise.allSettled(["a", "b", "c"].map((idempotencyKey) => stage.start({ idempotencyKey })));
    const started = starts.filter(({ status }) => status === "fulfilled");
    assert.equal(started.length, 1);
    const { id, idempotencyKey } = (started[0] as PromiseFulfilledResult<TransferRecord>).value;
    assert.equal((await stage.start({ idempotencyKey })).id, id);
  }
});

Deno.test("what a transfer was not to do after all is given back, and what it did is not", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { id } = await stage.start();
  stage.engine.allow(5);
  await stage.engine.blocked();
  const waiting = await stage.start();
  assert.equal((await shares(stage))["pixelSteps"], 2 * WORK);
  await stage.transfers.cancel(waiting.id);
  await stage.transfers.cancel(waiting.id);
  assert.equal((await shares(stage))["pixelSteps"], WORK);
  const cancelling = stage.transfers.cancel(id);
  stage.engine.allow(1);
  const { step } = await cancelling;
  assert.equal((await shares(stage))["pixelSteps"], step * 32 ** 2);
  await stage.transfers.resume(id, 4);
  assert.equal((await shares(stage))["pixelSteps"], (step + 4) * 32 ** 2);
});

Deno.test("the work of a day is remembered over a restart, and counted anew on the next day", async () => {
  await using first = await ServiceStage.open({}, { quotas: sameForAll({ pixelSteps: WORK }) });
  await first.ended((await first.start()).id);
  await first.service.drain();
  await using stage = await first.reopen({ quotas: sameForAll({ pixelSteps: WORK }) });
  await assert.rejects(stage.start(), isError("QUOTA_EXCEEDED", '"pixelSteps"'));
  (stage.ports.clock as FakeClock).advance(DAY);
  await stage.ended((await stage.start()).id);
});

Deno.test("a result larger than a caller's share is refused, also of a transfer that is resumed", async () => {
  await using stage = await ServiceStage.open({}, {
    quotas: { ...sameForAll({}), USER: { ...sameForAll({}).USER, size: 32 } },
  });
  await assert.rejects(
    stage.start({ size: 33 }),
    isError("QUOTA_EXCEEDED", "found 33 pixels asked for, wanted at most 32", "smaller"),
  );
  const { transfer: large } = await stage.service.start(callerOf(OWNER, "ADMIN"), stage.request({ size: 64 }));
  await stage.ended(large.id);
  await assert.rejects(stage.transfers.resume(large.id, 1), isError("QUOTA_EXCEEDED", '"size"'));
  await stage.ended((await stage.start({ size: 32 })).id);
});

Deno.test("a loop of uploads ends at the bytes of its owner, while others go on, and what is deleted makes room", async () => {
  const one = (await png(100)).byteLength;
  await using stage = await ServiceStage.open({}, { quotas: sameForAll({ bytes: 3 * one + one / 2 }) });
  const pictures = await Promise.all([101, 102, 103, 104, 105].map((shade) => png(shade)));
  const uploads = await Promise.allSettled(pictures.map((picture) => stage.upload(picture, "ann")));
  const kept = pictures.filter((_, i) => uploads[i]!.status === "fulfilled");
  assert.equal(kept.length, 3);
  const refused = uploads.find(({ status }) => status === "rejected") as PromiseRejectedResult;
  assert.ok(isError("QUOTA_EXCEEDED", '"bytes"')(refused.reason));
  // Once more what is there already: it takes no more.
  await stage.upload(kept[0]!, "ann");
  assert.equal((await shares(stage, "ann"))["bytes"], kept.reduce((sum, { byteLength }) => sum + byteLength, 0));
  await stage.upload(pictures[4]!, "bob");
  (stage.ports.clock as FakeClock).advance(31 * DAY);
  await stage.service.sweep();
  assert.equal((await shares(stage, "ann"))["bytes"], 0);
  await stage.upload(pictures[4]!, "ann");
});

Deno.test("nothing more is started by who has no bytes left", async () => {
  const bytes = (await png(1)).byteLength + (await png(2)).byteLength;
  await using stage = await ServiceStage.open({}, { quotas: sameForAll({ bytes }) });
  await assert.rejects(stage.start(), isError("QUOTA_EXCEEDED", '"bytes"', "delete"));
});

Deno.test("transfers of an owner who has enough running wait while those of others go on", async () => {
  const engines = [new FakeEngine(), new FakeEngine(), new FakeEngine()] as const;
  for (const engine of engines) engine.hold();
  const picture = await png(7);
  const service = await TransferService.open({ ...memoryPorts(), engines }, {
    ...SETTINGS,
    maxQueued: 100,
    quotas: sameForAll({ running: 1 }),
    samples: [{ name: "grey", description: "Grey.", read: () => Promise.resolve(picture) }],
  });
  const start = async (owner: string) => {
    const imageId = "sample-grey";
    const styles = [{ imageId, weight: 1, maskId: null }];
    const request = { contentId: imageId, styles, contentMaskId: null, initImageId: null, priority: 0 };
    const asked = { size: 32, steps: 5, ...request, idempotencyKey: null };
    return (await service.start(callerOf(owner), asked)).transfer;
  };
  const ofAnn = [await start("ann"), await start("ann"), await start("ann")];
  const ofBob = await start("bob");
  await Promise.all([engines[0].blocked(), Promise.race([engines[1].blocked(), engines[2].blocked()])]);
  const statuses = async () =>
    await Promise.all([...ofAnn, ofBob].map(async ({ id }) => (await service.get(id))!.status));
  assert.deepEqual(await statuses(), ["RUNNING", "QUEUED", "QUEUED", "RUNNING"]);
  for (const engine of engines) engine.allow(Infinity);
  const ends = [...ofAnn, ofBob].map(async ({ id, owner }) => {
    for await (const _ of await service.as(callerOf(owner)).progress(id, {}));
  });
  await Promise.all(ends);
  assert.deepEqual(await statuses(), Array(4).fill("SUCCEEDED"));
  await service.drain();
});

Deno.test("a role's highest priority bounds whom a transfer may pass", async () => {
  await using stage = await ServiceStage.open({}, { quotas: sameForAll({ priority: 0 }) });
  stage.engine.hold();
  await assert.rejects(
    stage.start({ priority: 1 }),
    isError("QUOTA_EXCEEDED", 'wanted at most 0 in the share "priority"'),
  );
  for (const priority of [0, -100]) assert.equal((await stage.start({ priority })).priority, priority);
});
