import assert from "node:assert/strict";
import { ServerProcess } from "../testing/server_process.ts";
import { type Asked, endOf, startOnce } from "./client.ts";
import { assertWhole, watch } from "./watcher.ts";

const ASKED: Asked = { seed: 3, steps: 60, size: 32 };

/** SIGTERM under a transfer that is watched, and a start afterwards. */
export async function stopAndStart(): Promise<string> {
  const dataDir = await Deno.makeTempDir();
  try {
    const first = await ServerProcess.start({ dataDir });
    const calm = await startOnce(first.url, ASKED, "calm");
    await watch(first.url, calm);
    const wanted = await endOf(first.url, calm);
    const id = await startOnce(first.url, ASKED, "stopped");
    const { promise: underWay, resolve } = Promise.withResolvers<void>();
    const watched = watch(first.url, id, { onStep: (step) => step === 10 && resolve() });
    await underWay;
    const { code, seconds } = await first.stop();
    assert.equal(code, 0, first.lines.join("\n"));
    assert.ok(seconds < 10, `took ${seconds} s to stop`);
    await using second = await ServerProcess.start({ dataDir, port: Number(new URL(first.url).port) });
    const seen = await watched;
    assertWhole(seen);
    assert.equal(seen.closeCodes[0], 1012);
    assert.deepEqual(await endOf(second.url, id), wanted);
    return `exit code 0 after ${
      seconds.toFixed(1)
    } s, sockets closed with 1012; at the next start the transfer continues, with ` +
      "every event reported once and the bytes of an undisturbed run";
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}
