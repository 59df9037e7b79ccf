/**
 * What watchers cost the server: one that reads nothing, and many.
 *
 * @module
 */
import assert from "node:assert/strict";
import { median } from "../../bench/table.ts";
import { connectWebSocket, frame } from "../../server/testing/wire.ts";
import { ask } from "../testing/client.ts";
import { until } from "../testing/in_time.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { startOnce } from "./client.ts";
import { assertWhole, follow, watch } from "./watcher.ts";

const FRAMES = "frame { base64(format: PNG) }";
const STATE = `query State($id: ID!) { transfer(id: $id) { status } }`;

interface State {
  readonly transfer: { readonly status: string };
}

/** A watcher that reads nothing over a transfer of `frames` frames, and how much more the server takes at its peak for it. */
export async function silentWatcher(frames: number): Promise<string> {
  await using server = await ServerProcess.start();
  const start = (steps: number) =>
    startOnce(server.url, { steps, size: 128, shallow: true, frameEvery: 1, seed: 1 }, crypto.randomUUID());
  const peakUntilEnd = async (id: string) => {
    let peak = 0;
    await until(async () => {
      peak = Math.max(peak, server.memory);
      return (await ask<State>(server.url, STATE, { id })).transfer.status === "SUCCEEDED";
    });
    return peak;
  };
  await peakUntilEnd(await start(frames));
  const alone = await peakUntilEnd(await start(frames));
  const watched = await start(frames);
  using silent = await subscribeWithoutReading(server.url, watched);
  const growth = (await peakUntilEnd(watched) - alone) / 2 ** 20;
  assert.ok(silent.sent > 0);
  const all = frames * await frameBytes(server.url, watched) / 2 ** 20;
  return `at its peak the server takes ${growth.toFixed(1)} MiB more than without a watcher; all ` +
    `frames together are ${all.toFixed(0)} MiB`;
}

/** Bytes of a frame as the silent watcher would be sent it. */
async function frameBytes(url: string, id: string): Promise<number> {
  const query = `query Frame($id: ID!) { transfer(id: $id) { ${FRAMES} } }`;
  return (await ask<{ transfer: { frame: { base64: string } } }>(url, query, { id })).transfer.frame.base64.length;
}

/** What a step takes with one watcher and with many, who all get losses and every frame; in turns. */
export async function manyWatchers(watchers: number, size: number): Promise<string> {
  await using server = await ServerProcess.start();
  await stepSeconds(server.url, 1, size);
  const [one, many]: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round++) {
    one.push(...await stepSeconds(server.url, 1, size));
    many.push(...await stepSeconds(server.url, watchers, size));
  }
  const [few, all] = [median(one), median(many)];
  return `${few.toFixed(3)} s a step with one watcher, ${all.toFixed(3)} s with ${watchers} on the same ` +
    `${navigator.hardwareConcurrency} cores: ${(100 * (all / few - 1)).toFixed(1)} % more`;
}

/** Seconds from each step to the next, as the first of so many watchers hears of them. */
async function stepSeconds(url: string, watchers: number, size: number): Promise<number[]> {
  const id = await startOnce(url, { steps: 9, size, seed: 1, frameEvery: 1 }, crypto.randomUUID());
  const heard: number[] = [];
  const first = watch(url, id, { onStep: () => void heard.push(performance.now() / 1000) });
  const others = Array.from({ length: watchers - 1 }, () => watch(url, id));
  (await Promise.all([first, ...others])).forEach(assertWhole);
  return heard.slice(1).map((time, i) => time - heard[i]!);
}

/** A subscription with every frame, over a connection that takes nothing in any more once it is made. */
async function subscribeWithoutReading(url: string, id: string): Promise<Disposable & { readonly sent: number }> {
  const connection = await connectWebSocket(url);
  await connection.write(frame('{"type":"connection_init"}'));
  await connection.read(new Uint8Array(4096));
  const payload = { query: follow(FRAMES), variables: { id } };
  const sent = await connection.write(frame(JSON.stringify({ id: "1", type: "subscribe", payload })));
  return { sent, [Symbol.dispose]: () => connection.close() };
}
