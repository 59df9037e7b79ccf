/** A server on TensorFlow, as a user of its API meets it. */
import assert from "node:assert/strict";
import { isInstalled } from "../../engine/backends/tensorflow/runtime.ts";
import { endOf, send, startOnce } from "../faults/client.ts";
import { survivesKills } from "../faults/kills.ts";
import { assertWhole, watch } from "../faults/watcher.ts";
import { ServerProcess } from "../testing/server_process.ts";

interface EngineAnswer {
  readonly engine: { readonly backend: string; readonly device: string; readonly version: string };
}

/** Registers a test that needs TensorFlow and says so where it is not there. */
function testTensorflow(name: string, body: (dataDir: string) => Promise<void>): void {
  Deno.test({
    name: isInstalled() ? name : `${name}: TensorFlow is not installed here (deno task install:tensorflow)`,
    ignore: !isInstalled(),
    fn: async () => {
      const dataDir = await Deno.makeTempDir();
      try {
        await body(dataDir);
      } finally {
        await Deno.remove(dataDir, { recursive: true });
      }
    },
  });
}

testTensorflow("ENGINE=tensorflow runs a transfer that is watched live, and says what computes it", async (dataDir) => {
  await using server = await ServerProcess.start({ dataDir, env: { ENGINE: "tensorflow" } });
  const id = await startOnce(server.url, { seed: 1, steps: 12, size: 48 }, "tensorflow");
  const seen = await watch(server.url, id);
  assertWhole(seen);
  const { status, losses } = await endOf(server.url, id);
  assert.equal(status, "SUCCEEDED");
  assert.equal(losses.length, 12);
  assert.ok(losses.at(-1)! < losses[0]!, `${losses}`);
  const { engine } = await send<EngineAnswer>(server.url, "{ engine { backend device version } }", {});
  assert.equal(engine.backend, "tensorflow");
  assert.match(engine.version, /^4\.22\.0 \(TensorFlow \d+\.\d+\.\d+\)$/);
  const log = server.lines.join("\n");
  assert.ok(log.includes(`Engine tensorflow ${engine.version} computes on ${engine.device}`), log);
  assert.doesNotMatch(log, /absl|oneDNN|cpu_feature_guard|^[IWE]\d{4} /m);
});

testTensorflow("kills of server and engine change nothing of what TensorFlow makes", async (dataDir) => {
  const plan = { serverKills: 1, engineKills: 1, concurrent: 1, steps: 25, size: 32, seed: 5 };
  const { transfers } = await survivesKills(dataDir, { ...plan, engine: "tensorflow" });
  assert.ok(transfers >= 1);
});

testTensorflow("ENGINE=auto passes TensorFlow over where it sees no CUDA device, and works", async (dataDir) => {
  await using server = await ServerProcess.start({ dataDir, env: { ENGINE: "auto" } });
  const { engine } = await send<EngineAnswer>(server.url, "{ engine { backend device version } }", {});
  const log = server.lines.join("\n");
  if (engine.backend === "tensorflow") assert.equal(engine.device, "cuda");
  else assert.match(log, /Engine tensorflow: TensorFlow sees no CUDA device/);
  const id = await startOnce(server.url, { seed: 1, steps: 2, size: 32 }, "auto");
  assertWhole(await watch(server.url, id));
  assert.equal((await endOf(server.url, id)).status, "SUCCEEDED");
});
