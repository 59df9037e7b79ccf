/**
 * Tries whether an engine will do for `auto`, in the process that `engine/backends/attempt.ts` starts for it:
 *
 *     deno run … try_engine.ts ENGINE WEIGHTS PRECISION
 *
 * @module
 */
import type { Verdict } from "./engine/backends/attempt.ts";
import { openBackend } from "./engine/backends/open.ts";
import type { Precision } from "./engine/backends/precision.ts";
import { stepSeconds } from "./engine/backends/probe.ts";
import { reasonOf } from "./engine/backends/reason.ts";
import { openRuntime } from "./engine/backends/tensorflow/runtime.ts";
import { findAdapter, isSoftware } from "./engine/backends/webgpu_adapter.ts";
import { loadWeights } from "./weights/load_weights.ts";

async function tryEngine(engine: string, weights: string, precision: Precision): Promise<Verdict> {
  try {
    await requireGpu(engine, precision);
    const { parameters } = await loadWeights(weights);
    const backend = await openBackend(engine, parameters, console.error, { precision });
    return { seconds: await stepSeconds(backend, parameters), device: backend.info.device };
  } catch (error) {
    return { reason: reasonOf(error instanceof Error && error.cause instanceof Error ? error.cause : error) };
  }
}

/** On the CPU the engine that was made for it is faster than any that is there for GPUs. */
async function requireGpu(engine: string, precision: Precision): Promise<void> {
  if (engine === "tensorflow" && (await openRuntime(precision)).info.device === "cpu") {
    throw new Error("TensorFlow sees no CUDA device");
  }
  if (engine !== "webgpu") return;
  const adapter = await findAdapter();
  if (adapter === null) throw new Error("no GPU found");
  if (isSoftware(adapter.info)) {
    throw new Error(`no GPU found, only a driver that computes on the CPU: ${adapter.info.description}`);
  }
}

const [engine, weights, precision] = Deno.args as [string, string, Precision];
console.log(JSON.stringify(await tryEngine(engine, weights, precision)));
// Whatever threads a library has left running.
Deno.exit(0);
