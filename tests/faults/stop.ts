import assert from "node:assert/strict";
import { ServerProcess } from "../testing/server_process.ts";
import { type Asked, endOf, startOnce } from "./client.ts";
import { assertWhole, watch } from "./watcher.ts";

const ASKED: Asked = { seed: 3, steps: 60, size: 32 };

/** SIGTERM under a transfer that is watched, and a start afterwards. */
export async function stopAndStart(): Promise<string> {
  await using server = await ServerProcess.start();
  const calm = await startOnce(server.url, ASKED, "calm");
  await watch(server.url, calm);
  const wanted = await endOf(server.url, calm);
  const id = await startOnce(server.url, ASKED, "stopped");
  const { promise: underWay, resolve } = Promise.withResolvers<void>();
  const watched = watch(server.url, id, { onStep: (step) => step === 10 && resolve() });
  await underWay;
  const { code, seconds } = await server.stop();
  assert.equal(code, 0, server.lines.join("\n"));
  assert.ok(seconds < 10, `took ${seconds} s to stop`);
  await server.startAgain();
  const seen = await watched;
  assertWhole(seen);
  assert.equal(seen.closeCodes[0], 1012);
  assert.deepEqual(await endOf(server.url, id), wanted);
  return `exit code 0 after ${
    seconds.toFixed(1)
  } s, sockets closed with 1012; at the next start the transfer continues, with ` +
    "every event reported once and the bytes of an undisturbed run";
}
