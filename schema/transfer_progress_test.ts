import assert from "node:assert/strict";
import { ApiStage } from "./testing/api_stage.ts";
import { described, follow, run, start } from "./testing/execute.ts";

/** A transfer of two scales with a step each. */
async function started(): Promise<{ stage: ApiStage; id: string }> {
  const stage = await ApiStage.open();
  return { stage, id: await start(stage, { scales: [{ size: 32, steps: 1 }, { size: 64, steps: 1 }], frameEvery: 1 }) };
}

Deno.test("transferProgress begins with now, goes on live, and ends with the transfer", async () => {
  await using stage = await ApiStage.open();
  const before = await start(stage);
  const id = await start(stage, { scales: [{ size: 32, steps: 1 }, { size: 64, steps: 1 }], frameEvery: 1 });
  const events = await follow(
    stage,
    `subscription { transferProgress(id: "${id}") {
      sequence status step steps progress skippedFrames secondsPerStep etaSeconds losses { total } frame { step } error { code }
      transfer { status }
    } }`,
  );
  const common = { steps: 2, skippedFrames: 0, error: null };
  const next = async () => JSON.parse(JSON.stringify((await events.next()).value))?.data.transferProgress;
  const queued = { step: 0, progress: 0, secondsPerStep: null, etaSeconds: null, losses: null, frame: null };
  assert.deepEqual(await next(), {
    ...common,
    ...queued,
    sequence: 1,
    status: "QUEUED",
    transfer: { status: "QUEUED" },
  });
  await run(stage, `mutation { cancelTransfer(id: "${before}") { transfer { status } } }`);
  assert.deepEqual(await next(), {
    ...common,
    ...queued,
    sequence: 2,
    status: "RUNNING",
    transfer: { status: "RUNNING" },
  });
  await stage.step();
  assert.deepEqual(await next(), {
    ...common,
    sequence: 3,
    status: "RUNNING",
    step: 1,
    progress: 0.2,
    secondsPerStep: 0.5,
    // The step that is left has four times the pixels.
    etaSeconds: 2,
    losses: { total: (await stage.record(id)).losses!.total },
    frame: { step: 1 },
    transfer: { status: "RUNNING" },
  });
  stage.engine.allow(1);
  assert.equal((await next()).step, 2);
  assert.equal((await next()).status, "SUCCEEDED");
  assert.equal((await events.next()).done, true);
});

Deno.test("transferProgress tells why a transfer failed", async () => {
  const { stage, id } = await started();
  await using _ = stage;
  stage.engine.mishaps = [{
    beforeStep: 1,
    outcome: "failed",
    failure: { code: "ENGINE_CRASHED", message: "Cannot continue" },
  }];
  await stage.finish(id);
  const events = await follow(
    stage,
    `subscription { transferProgress(id: "${id}") { status error { code message } } }`,
  );
  const { value } = await events.next();
  assert.deepEqual(JSON.parse(JSON.stringify(value)).data, {
    transferProgress: { status: "FAILED", error: { code: "ENGINE_CRASHED", message: "Cannot continue" } },
  });
});

Deno.test("transferProgress goes on after a sequence number, and keeps the least interval", async () => {
  const { stage, id } = await started();
  await using _ = stage;
  await stage.step();
  const events = await follow(
    stage,
    `subscription { transferProgress(id: "${id}", after: 1, minInterval: 250) { sequence } }`,
  );
  const sequence = async () => (await events.next()).value?.data.transferProgress.sequence;
  assert.equal(await sequence(), 2);
  const next = sequence();
  while (!stage.clock.asked.includes(250)) await new Promise((resolve) => setTimeout(resolve));
  stage.clock.advance(250);
  assert.equal(await next, 3);
  await events.return();
});

Deno.test("transferProgress ends its source when the subscriber leaves while nothing happens", async () => {
  const { stage, id } = await started();
  await using _ = stage;
  const events = await follow(stage, `subscription { transferProgress(id: "${id}") { sequence } }`);
  await events.next();
  const waiting = events.next();
  assert.equal(stage.watchers, 1);
  await events.return();
  assert.equal((await waiting).done, true);
  assert.equal(stage.watchers, 0);
});

Deno.test('transferProgress follows the newest transfer by the id "newest"', async () => {
  const { stage } = await started();
  await using _ = stage;
  const newest = await start(stage);
  const events = await follow(stage, 'subscription { transferProgress(id: "newest") { transfer { id } } }');
  const { value } = await events.next();
  assert.equal(JSON.parse(JSON.stringify(value)).data.transferProgress.transfer.id, newest);
  await events.return();
});

const REFUSED: [args: string, code: string, field: string][] = [
  ['id: "other"', "NOT_FOUND", "id"],
  ["id: $id, after: -1", "BAD_USER_INPUT", "after"],
  ["id: $id, after: 1000", "BAD_USER_INPUT", "after"],
  ["id: $id, minInterval: -1", "BAD_USER_INPUT", "minInterval"],
  ["id: $id, minInterval: 60001", "BAD_USER_INPUT", "minInterval"],
];
for (const [args, code, field] of REFUSED) {
  Deno.test(`transferProgress(${args}) is refused when it is asked for`, async () => {
    const { stage, id } = await started();
    await using _ = stage;
    await assert.rejects(
      follow(stage, `subscription { transferProgress(${args.replace("$id", JSON.stringify(id))}) { sequence } }`),
      (error) => {
        const found = described(error);
        assert.deepEqual([found.code, found.field], [code, field]);
        return true;
      },
    );
  });
}

Deno.test("transferProgress of the newest transfer is refused where there is none", async () => {
  await using stage = await ApiStage.open();
  await assert.rejects(
    follow(stage, 'subscription { transferProgress(id: "newest") { sequence } }'),
    /Cannot follow the newest transfer: found none/,
  );
});
