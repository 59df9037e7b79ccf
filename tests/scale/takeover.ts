import assert from "node:assert/strict";
import { endOf, startOnce } from "../faults/client.ts";
import { assertWhole, watch } from "../faults/watcher.ts";
import { Cluster, type Member } from "./cluster.ts";

/** Step at which the worker is killed. */
const FATAL_STEP = 20;

/**
 * Kills the worker that runs a transfer while another has nothing to do, as often as is said.
 *
 * @returns The longest time of each transfer without a step, in seconds: from the last step of one worker to the first new
 *   one of the other.
 */
export async function takeovers(times: number): Promise<number[]> {
  await using cluster = await Cluster.open(1, 2);
  const { url } = cluster.apis[0]!.server;
  const silences: number[] = [];
  for (let i = 0; i < times; i++) {
    const id = await startOnce(url, { seed: 4, steps: 100, size: 32 }, `killed-${i}`);
    let [silence, heardAt] = [0, Infinity];
    let killed: Promise<Member> | null = null;
    const seen = await watch(url, id, {
      onStep: (step) => {
        const now = performance.now() / 1000;
        silence = Math.max(silence, now - heardAt);
        heardAt = now;
        if (step === FATAL_STEP) killed ??= killTheRunning(cluster.workers);
      },
    });
    assertWhole(seen);
    assert.equal((await endOf(url, id)).status, "SUCCEEDED");
    silences.push(silence);
    await (await killed!).server.startAgain();
  }
  return silences;
}

/** Kills the one of the workers that runs a transfer. */
async function killTheRunning(workers: readonly Member[]): Promise<Member> {
  const running = await Promise.any(workers.map(async (worker) => {
    const metrics = await (await fetch(`${worker.server.url}/metrics`)).text();
    assert.match(metrics, /^gramcast_transfers_running 1$/m);
    return worker;
  }));
  await running.server.kill();
  return running;
}
