/** A server on the project's own WebGPU kernels, as a user of its API meets it. */
import assert from "node:assert/strict";
import { findAdapter, isSoftware } from "../../engine/backends/webgpu_adapter.ts";
import { endOf, startOnce } from "../faults/client.ts";
import { survivesKills } from "../faults/kills.ts";
import { assertWhole, watch } from "../faults/watcher.ts";
import { ask } from "../testing/client.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { testWhere } from "../testing/test_where.ts";

interface EngineAnswer {
  readonly engine: { readonly backend: string; readonly device: string; readonly precision: string };
}

const adapter = await findAdapter();
const MISSING = adapter ? null : "no WebGPU adapter here (Debian: apt-get install mesa-vulkan-drivers)";
const HARDWARE = adapter && !isSoftware(adapter.info) ? "there is a GPU here" : null;

testWhere(MISSING, "ENGINE=webgpu runs a transfer that is watched live, and says what computes it", async () => {
  await using server = await ServerProcess.start({ env: { ENGINE: "webgpu" } });
  const id = await startOnce(server.url, { seed: 1, steps: 6, size: 32 }, "webgpu");
  const seen = await watch(server.url, id);
  assertWhole(seen);
  const { status, losses } = await endOf(server.url, id);
  assert.equal(status, "SUCCEEDED");
  assert.equal(losses.length, 6);
  assert.ok(losses.at(-1)! < losses[0]!, `${losses}`);
  const { engine } = await ask<EngineAnswer>(server.url, "{ engine { backend device precision } }");
  assert.equal(engine.backend, "webgpu");
  assert.equal(engine.precision, "float32");
  const log = server.lines.join("\n");
  assert.ok(log.includes(`computes on ${engine.device} in float32`), log);
});

testWhere(MISSING, "kills of server and engine change nothing of what WebGPU makes", async () => {
  const plan = { serverKills: 1, engineKills: 1, concurrent: 1, steps: 8, size: 32, seed: 5 };
  const { transfers } = await survivesKills({ ...plan, engine: "webgpu" });
  assert.ok(transfers >= 1);
});

testWhere(MISSING ?? HARDWARE, "ENGINE=auto takes no driver that computes on the CPU, and says so", async () => {
  await using server = await ServerProcess.start({ env: { ENGINE: "auto" } });
  const { engine } = await ask<EngineAnswer>(server.url, "{ engine { backend device precision } }");
  assert.deepEqual([engine.backend, engine.device], ["onnx", "cpu"]);
  const reason = `Engine webgpu: no GPU found, only a driver that computes on the CPU: ${adapter!.info.description}`;
  assert.equal(server.lines.filter((line) => line.includes(reason)).length, 1, server.lines.join("\n"));
});
