/** A server on TensorFlow, as a user of its API meets it. */
import assert from "node:assert/strict";
import { isInstalled } from "../../engine/backends/tensorflow/runtime.ts";
import { endOf, startOnce } from "../faults/client.ts";
import { survivesKills } from "../faults/kills.ts";
import { assertWhole, watch } from "../faults/watcher.ts";
import { ask } from "../testing/client.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { testWhere } from "../testing/test_where.ts";

interface EngineAnswer {
  readonly engine: { readonly backend: string; readonly device: string; readonly version: string };
}

const MISSING = isInstalled() ? null : "TensorFlow is not installed here (deno task install:tensorflow)";

testWhere(MISSING, "ENGINE=tensorflow runs a transfer that is watched live, and says what computes it", async () => {
  await using server = await ServerProcess.start({ env: { ENGINE: "tensorflow" } });
  const id = await startOnce(server.url, { seed: 1, steps: 12, size: 48 }, "tensorflow");
  const seen = await watch(server.url, id);
  assertWhole(seen);
  const { status, losses } = await endOf(server.url, id);
  assert.equal(status, "SUCCEEDED");
  assert.equal(losses.length, 12);
  assert.ok(losses.at(-1)! < losses[0]!, `${losses}`);
  const { engine } = await ask<EngineAnswer>(server.url, "{ engine { backend device version } }");
  assert.equal(engine.backend, "tensorflow");
  assert.match(engine.version, /^4\.22\.0 \(TensorFlow \d+\.\d+\.\d+\)$/);
  const log = server.lines.join("\n");
  assert.ok(log.includes(`Engine tensorflow ${engine.version} computes on ${engine.device}`), log);
  assert.doesNotMatch(log, /absl|oneDNN|cpu_feature_guard|^[IWE]\d{4} /m);
});

testWhere(MISSING, "kills of server and engine change nothing of what TensorFlow makes", async () => {
  const plan = { serverKills: 1, engineKills: 1, concurrent: 1, steps: 25, size: 32, seed: 5 };
  const { transfers } = await survivesKills({ ...plan, engine: "tensorflow" });
  assert.ok(transfers >= 1);
});

testWhere(MISSING, "ENGINE=auto passes TensorFlow over where it sees no CUDA device, and works", async () => {
  await using server = await ServerProcess.start({ env: { ENGINE: "auto" } });
  const { engine } = await ask<EngineAnswer>(server.url, "{ engine { backend device version } }");
  const log = server.lines.join("\n");
  if (engine.backend === "tensorflow") assert.equal(engine.device, "cuda");
  else assert.match(log, /Engine tensorflow: TensorFlow sees no CUDA device/);
  const id = await startOnce(server.url, { seed: 1, steps: 2, size: 32 }, "auto");
  assertWhole(await watch(server.url, id));
  assert.equal((await endOf(server.url, id)).status, "SUCCEEDED");
});
