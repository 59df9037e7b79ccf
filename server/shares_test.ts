import assert from "node:assert/strict";
import { sameForAll } from "../transfers/quotas.ts";
import { RawSocket } from "./testing/raw_socket.ts";
import { type FakeServer, serveFake } from "./testing/serve_fake.ts";
import { PICTURES } from "../schema/testing/execute.ts";

const START = "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }";
const INPUT = { ...PICTURES, size: 32, steps: 10 };
/** Of the input, whose content is 64 × 48. */
const WORK = 10 * 32 * 24;

async function keyOf({ services }: FakeServer, owner: string): Promise<string> {
  return `Bearer ${await services.access.keys.create({
    name: crypto.randomUUID(),
    owner,
    role: "USER",
    expiresAt: null,
  })}`;
}

Deno.test("a caller is told what of their shares is used, and over HTTP and WebSocket alike what does not fit", async () => {
  const quotas = sameForAll({ waiting: 3, pixelSteps: 2 * WORK });
  await using server = await serveFake({}, { auth: ["keys"], settings: { quotas } });
  server.services.engine.hold();
  const [ann, bob] = [await keyOf(server, "ann"), await keyOf(server, "bob")];
  for (let i = 0; i < 2; i++) await server.start(INPUT, { authorization: ann });
  const wanted = { name: "pixelSteps", limit: 2 * WORK, used: 2 * WORK, asked: WORK, unit: "pixel steps" };
  const { errors: [error] } = await server.post(START, { input: INPUT }, { authorization: ann });
  const { code, share } = error!.extensions as unknown as { code: string; share: Record<string, unknown> };
  const { resetsAt, ...rest } = share;
  assert.equal(code, "QUOTA_EXCEEDED");
  assert.deepEqual(rest, wanted);
  assert.equal(new Date(String(resetsAt)).getTime() % 86_400_000, 0);
  const socket = await RawSocket.connect(server.url);
  socket.send({ type: "connection_init", payload: { authorization: ann } });
  await socket.receive();
  socket.send({ id: "a", type: "subscribe", payload: { query: START, variables: { input: INPUT } } });
  assert.deepEqual((await socket.receive()).payload.errors[0].extensions, { code, share });
  await socket.close();
  const ask = "{ viewer { shares { name limit used unit resetsAt } } }";
  const { data } = await server.post(ask, {}, { authorization: ann });
  assert.deepEqual(data.viewer.shares, [
    { name: "waiting", limit: 3, used: 1, unit: "transfers", resetsAt: null },
    { name: "running", limit: null, used: 1, unit: "transfers", resetsAt: null },
    { name: "bytes", limit: null, used: 0, unit: "bytes", resetsAt: null },
    { name: "pixelSteps", limit: 2 * WORK, used: 2 * WORK, unit: "pixel steps", resetsAt },
    { name: "size", limit: null, used: 0, unit: "pixels", resetsAt: null },
    { name: "priority", limit: null, used: 0, unit: "levels", resetsAt: null },
  ]);
  await server.start(INPUT, { authorization: bob });
});

Deno.test("who may only follow has no shares", async () => {
  await using server = await serveFake({}, { auth: ["keys"] });
  const key = await server.services.access.keys.create({ name: "wall", role: "VIEWER", expiresAt: null });
  const { data } = await server.post("{ viewer { shares { name } } }", {}, { authorization: `Bearer ${key}` });
  assert.deepEqual(data.viewer.shares, []);
});
