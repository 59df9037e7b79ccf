/**
 * What watchers cost the server: one that reads nothing, and many.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ServerProcess } from "../testing/server_process.ts";
import { send, startOnce } from "./client.ts";
import { until } from "./storage.ts";
import { assertWhole, follow, watch } from "./watcher.ts";

const FRAMES = "frame { base64(format: PNG) }";
const STATE = `query State($id: ID!) { transfer(id: $id) { step status secondsPerStep } }`;

interface State {
  readonly transfer: { readonly step: number; readonly status: string; readonly secondsPerStep: number | null };
}

/**
 * MiB by which the server's memory is larger at its peak with a watcher that reads nothing than with one that reads, over a
 * transfer of `frames` frames.
 */
export async function silentWatcher(frames: number): Promise<number> {
  const dataDir = await Deno.makeTempDir();
  try {
    await using server = await ServerProcess.start({ dataDir });
    const start = (seed: number) => startOnce(server.url, { steps: frames, size: 128, frameEvery: 1, seed }, `${seed}`);
    const peakUntilEnd = async (id: string) => {
      let peak = 0;
      await until(async () => {
        peak = Math.max(peak, await memoryOf(server.pid));
        return (await send<State>(server.url, STATE, { id })).transfer.status === "SUCCEEDED";
      });
      return peak;
    };
    const first = await start(1);
    const reader = watch(server.url, first, FRAMES);
    const usual = await peakUntilEnd(first);
    await reader;
    const second = await start(2);
    using silent = await subscribeWithoutReading(server.url, second);
    const peak = await peakUntilEnd(second);
    assert.ok(silent.sent > 0);
    return (peak - usual) / 2 ** 20;
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Seconds that the engine takes for a step with so many watchers, who all get losses and every frame. */
export async function stepWith(watchers: number, size: number, steps: number): Promise<number> {
  const dataDir = await Deno.makeTempDir();
  try {
    await using server = await ServerProcess.start({ dataDir });
    const id = await startOnce(server.url, { steps, size, seed: 1, frameEvery: 1 }, "many");
    const clients = Array.from({ length: watchers }, () => watch(server.url, id));
    const begun = performance.now();
    (await Promise.all(clients)).forEach(assertWhole);
    if (watchers > 0) return (performance.now() - begun) / 1000 / steps;
    await until(async () => (await send<State>(server.url, STATE, { id })).transfer.status === "SUCCEEDED");
    return (performance.now() - begun) / 1000 / steps;
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Resident bytes. */
async function memoryOf(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)![1]);
}

/** A subscription with every frame, over a connection that takes nothing in any more once it is made. */
async function subscribeWithoutReading(url: string, id: string): Promise<Disposable & { readonly sent: number }> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const encoder = new TextEncoder();
  await connection.write(encoder.encode(
    `GET /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
      "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
  ));
  await connection.read(new Uint8Array(4096));
  await connection.write(frameOf({ type: "connection_init" }));
  await connection.read(new Uint8Array(4096));
  const subscribe = frameOf({ id: "1", type: "subscribe", payload: { query: follow(FRAMES), variables: { id } } });
  const sent = await connection.write(subscribe);
  return { sent, [Symbol.dispose]: () => connection.close() };
}

/** A masked text frame; the mask of zeros leaves the text as it is. */
function frameOf(message: object): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(message));
  assert.ok(text.length < 2 ** 16);
  return new Uint8Array([0x81, 0x80 | 126, text.length >> 8, text.length & 255, 0, 0, 0, 0, ...text]);
}
