import assert from "node:assert/strict";
import { FakeServices } from "./testing/fake_services.ts";
import { described, follow, run } from "./testing/execute.ts";

const START = `mutation { startTransfer(input: {
  content: { sample: "content" }, styles: [{ image: { sample: "style" } }],
  scales: [{ size: 32, steps: 1 }, { size: 64, steps: 1 }]
}) { transfer { id } } }`;

async function started(): Promise<FakeServices> {
  const services = new FakeServices();
  await run(services, START);
  return services;
}

Deno.test("transferProgress begins with now, goes on live, and ends with the transfer", async () => {
  const services = await started();
  const events = await follow(
    services,
    `subscription { transferProgress(id: "tr_1") {
      sequence status step steps progress skippedFrames secondsPerStep etaSeconds losses { total } frame { step } error { code }
      transfer { status }
    } }`,
  );
  const common = { steps: 2, skippedFrames: 0, error: null };
  const next = async () => JSON.parse(JSON.stringify((await events.next()).value))?.data.transferProgress;
  assert.deepEqual(await next(), {
    ...common,
    sequence: 1,
    status: "QUEUED",
    step: 0,
    progress: 0,
    secondsPerStep: null,
    etaSeconds: null,
    losses: null,
    frame: null,
    transfer: { status: "QUEUED" },
  });
  services.transfers.step("tr_1");
  assert.deepEqual(await next(), {
    ...common,
    sequence: 2,
    status: "RUNNING",
    step: 1,
    progress: 0.2,
    secondsPerStep: 0.5,
    etaSeconds: 0.5,
    losses: { total: 5.1 },
    frame: { step: 1 },
    transfer: { status: "RUNNING" },
  });
  services.transfers.step("tr_1");
  assert.equal((await next()).step, 2);
  assert.equal((await next()).status, "SUCCEEDED");
  assert.equal((await events.next()).done, true);
});

Deno.test("transferProgress tells why a transfer failed", async () => {
  const services = await started();
  services.transfers.fail("tr_1", "Cannot continue");
  const events = await follow(services, 'subscription { transferProgress(id: "tr_1") { error { code message } } }');
  const { value } = await events.next();
  assert.deepEqual(JSON.parse(JSON.stringify(value)).data, {
    transferProgress: { error: { code: "ENGINE_CRASHED", message: "Cannot continue" } },
  });
});

Deno.test("transferProgress passes on after and minInterval", async () => {
  const services = await started();
  const events = await follow(
    services,
    'subscription { transferProgress(id: "tr_1", after: 0, minInterval: 250) { sequence } }',
  );
  assert.deepEqual(services.transfers.progressRequests, [{ after: 0, minInterval: 250 }]);
  await events.return();
});

Deno.test("transferProgress ends its source when the subscriber leaves while nothing happens", async () => {
  const services = await started();
  const events = await follow(services, 'subscription { transferProgress(id: "tr_1") { sequence } }');
  await events.next();
  const waiting = events.next();
  assert.equal(services.transfers.openStreams, 1);
  await events.return();
  assert.equal((await waiting).done, true);
  assert.equal(services.transfers.openStreams, 0);
});

Deno.test('transferProgress follows the newest transfer by the id "newest"', async () => {
  const services = await started();
  await run(services, START);
  const events = await follow(services, 'subscription { transferProgress(id: "newest") { transfer { id } } }');
  const { value } = await events.next();
  assert.equal(JSON.parse(JSON.stringify(value)).data.transferProgress.transfer.id, "tr_2");
  await events.return();
});

const REFUSED: [args: string, code: string, field: string][] = [
  ['id: "tr_9"', "NOT_FOUND", "id"],
  ['id: "tr_1", after: -1', "BAD_USER_INPUT", "after"],
  ['id: "tr_1", minInterval: -1', "BAD_USER_INPUT", "minInterval"],
  ['id: "tr_1", minInterval: 60001', "BAD_USER_INPUT", "minInterval"],
];
for (const [args, code, field] of REFUSED) {
  Deno.test(`transferProgress(${args}) is refused when it is asked for`, async () => {
    await assert.rejects(
      follow(await started(), `subscription { transferProgress(${args}) { sequence } }`),
      (error) => {
        const found = described(error);
        assert.deepEqual([found.code, found.field], [code, field]);
        return true;
      },
    );
  });
}

Deno.test("transferProgress of the newest transfer is refused where there is none", async () => {
  await assert.rejects(
    follow(new FakeServices(), 'subscription { transferProgress(id: "newest") { sequence } }'),
    /Cannot follow the newest transfer: found none/,
  );
});
