import { GramcastError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { OnnxBackend, type OnnxDevice } from "./onnx/backend.ts";
import type { Vgg16Parameters } from "./vgg16.ts";

/** What has to be there for an engine, said when it does not start. */
const NEEDS: Readonly<Record<string, string>> = {
  "onnx:cpu": "onnxruntime-node's library for this processor",
  "onnx:cuda": "an NVIDIA GPU, CUDA 12 and onnxruntime-node installed with ONNXRUNTIME_NODE_INSTALL=cuda12",
  "onnx:webgpu": "a GPU with a Vulkan, Metal or Direct3D 12 driver",
};

/** In which order `auto` tries, fastest first. */
const AUTO: readonly string[] = ["onnx:cuda", "onnx:cpu"];

/**
 * Opens a backend by its name, `auto` or one of `onnx:cpu`, `onnx:cuda`, `onnx:webgpu`, and has it take one real step
 * before it is trusted.
 *
 * @param log Told in one line each what was tried and why it was refused.
 * @throws {GramcastError} ENGINE_UNAVAILABLE saying what to install.
 */
export async function openBackend(
  engine: string,
  parameters: Vgg16Parameters,
  log: (line: string) => void,
  options: { threads?: number } = {},
): Promise<Backend> {
  if (engine !== "auto") return await tryEngine(engine, parameters, options);
  for (const candidate of AUTO) {
    try {
      const backend = await tryEngine(candidate, parameters, options);
      log(`Engine ${candidate} computes on ${backend.info.device}`);
      return backend;
    } catch (error) {
      log(`Engine ${candidate} refused: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new GramcastError("ENGINE_UNAVAILABLE", `Cannot find an engine: wanted one of ${AUTO.join(", ")}`);
}

async function tryEngine(engine: string, parameters: Vgg16Parameters, options: { threads?: number }): Promise<Backend> {
  const [library, device] = engine.split(":");
  const needs = NEEDS[engine];
  if (library !== "onnx" || !needs) {
    throw new GramcastError(
      "ENGINE_UNAVAILABLE",
      `Cannot open engine ${engine}: wanted auto or one of ${Object.keys(NEEDS).join(", ")}`,
    );
  }
  try {
    const backend = await OnnxBackend.open(parameters, device as OnnxDevice, options);
    await probe(backend);
    return backend;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new GramcastError("ENGINE_UNAVAILABLE", `Cannot open engine ${engine}: ${reason}, wanted ${needs}`, {
      cause: error,
    });
  }
}

/** One small step: a library that loads is not yet one that computes. The gradient of content with itself is zero. */
async function probe(backend: Backend): Promise<void> {
  const size = { width: 32, height: 32 };
  const layer = "conv1_1";
  const pixels = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => (i * 37) % 256);
  const target = (await backend.features(pixels, size, [layer], "MAX")).get(layer)!;
  const objective = {
    size,
    terms: [{ kind: "content", layer, mask: null }],
    masks: [],
    pooling: "MAX",
    normalizeGradients: false,
  } as const;
  const evaluator = await backend.compile(objective, [target]);
  try {
    const same = await evaluator.evaluate(pixels, [1]);
    const other = await evaluator.evaluate(pixels.toReversed(), [1]);
    if (!(Math.abs(same.losses[0]!) < 1e-3 * other.losses[0]!) || !Number.isFinite(other.losses[0]!)) {
      throw new Error(`a probe step gave losses ${same.losses[0]} and ${other.losses[0]}`);
    }
  } finally {
    await evaluator.dispose();
  }
}
