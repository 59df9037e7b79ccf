import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { PICTURES } from "../schema/testing/execute.ts";
import { LoopMeter } from "../transfers/testing/loop_meter.ts";
import { memoryPorts } from "../transfers/testing/service_stage.ts";
import { RawSocket } from "./testing/raw_socket.ts";
import { type FakeServer, serveFake } from "./testing/serve_fake.ts";

const START = "mutation ($input: StartBatchInput!) { startBatch(input: $input) { batch { id } } }";
/** Counts the transfers of the batch, in a selection that is as large as it may be. */
const MUCH = Array.from({ length: 40 }, (_, i) => `a${i}: batch { status }`).join(" ");

async function startBatch(fake: FakeServer, steps = 5): Promise<string> {
  const input = { contents: [PICTURES.content], styles: [PICTURES.styles], base: { size: 32, steps } };
  const { data } = await fake.post(START, { input });
  return data.startBatch.batch.id;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

Deno.test("what a subscription selects is weighed for each event, and may be less than what a query selects", async () => {
  await using fake = await serveFake();
  const id = await startBatch(fake);
  const page = (first: number) => `transfers(first: ${first}) { edges { node { id status step steps } } }`;
  const follow = (first: number) => `subscription { batchProgress(id: "${id}") { batch { ${page(first)} } } }`;
  assert.equal((await fake.post(`{ batch(id: "${id}") { ${page(100)} } }`)).errors.length, 0);
  const socket = await RawSocket.connect(fake.url);
  await socket.init();
  socket.send({ id: "a", type: "subscribe", payload: { query: follow(100) } });
  const { payload: { errors: [error] } } = await socket.receive();
  assert.equal(error.extensions.code, "QUERY_TOO_COMPLEX");
  assert.match(error.message, /found a complexity for each event of \d+, wanted at most 500/);
  assert.equal((await socket.receive()).type, "complete");
  socket.send({ id: "b", type: "subscribe", payload: { query: follow(50) } });
  assert.ok((await socket.receive()).payload.data.batchProgress);
  await socket.close();
});

Deno.test("events of many who select much are put together few in a turn of the event loop, and none is left out", async () => {
  const ports = memoryPorts();
  await using fake = await serveFake({}, { ports });
  const id = await startBatch(fake);
  const followers = 40;
  const socket = await RawSocket.connect(fake.url);
  await socket.init();
  const query = `subscription { batchProgress(id: "${id}", after: "0") { sequence ${MUCH} } }`;
  const meter = new LoopMeter();
  meter.meter("tally", ports.batches);
  for (let i = 0; i < followers; i++) socket.send({ id: `${i}`, type: "subscribe", payload: { query } });
  const seen = new Map<string, number[]>();
  const read = async (events: number) => {
    for (let i = 0; i < events * followers; i++) {
      const { id, type, payload } = await socket.receive();
      assert.equal(type, "next");
      seen.set(id, [...seen.get(id) ?? [], payload.data.batchProgress.sequence]);
    }
  };
  // QUEUED and RUNNING; then a step, which wakes all of them at once.
  await read(2);
  await fake.services.step(1);
  await read(1);
  assert.equal(meter.total, 3 * followers);
  assert.ok(meter.most <= 3, `${meter.most} in one turn`);
  assert.deepEqual([...seen.values()], Array(followers).fill([1, 2, 3]));
  await socket.close();
});

Deno.test("events that wait for their turn are forgotten when their subscription ends", async () => {
  const ports = memoryPorts();
  await using fake = await serveFake({}, { ports });
  const id = await startBatch(fake, 1000);
  await fake.services.step(500);
  const meter = new LoopMeter();
  meter.meter("tally", ports.batches);
  const socket = await RawSocket.connect(fake.url);
  await socket.init();
  const query = `subscription { batchProgress(id: "${id}", after: "0") { sequence ${MUCH} } }`;
  for (let i = 0; i < 40; i++) socket.send({ id: `${i}`, type: "subscribe", payload: { query } });
  await until(() => fake.services.watchers === 40);
  await socket.close();
  await until(() => fake.services.watchers === 0);
  const before = meter.total;
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(meter.total <= before + 4, `${before} events before, ${meter.total} in the end`);
});
