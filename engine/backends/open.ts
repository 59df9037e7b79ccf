/**
 * Engines by their names, and the choice among those that work here.
 *
 * @module
 */
import { GramcastError } from "../../errors.ts";
import type { Backend, BackendInfo } from "./backend.ts";
import type { OnnxDevice } from "./onnx/backend.ts";
import { DEFAULT_PRECISION, type Precision } from "./precision.ts";
import { checkBackend, stepSeconds, WrongResults } from "./probe.ts";
import type { TensorflowDevice } from "./tensorflow/runtime.ts";
import type { Vgg16Parameters } from "../vgg16.ts";
import { type AdapterInfo, findAdapter } from "./webgpu_adapter.ts";

/** What has to be there for an engine, said when it does not start. */
const NEEDS: Readonly<Record<string, string>> = {
  "onnx:cpu": "onnxruntime-node's library for this processor",
  "onnx:cuda": "an NVIDIA GPU, CUDA 12, cuDNN 9 and `deno task install:onnx-cuda`",
  "onnx:webgpu": "a GPU with a Vulkan, Metal or Direct3D 12 driver",
  "tensorflow:gpu": "an NVIDIA GPU, CUDA 11, cuDNN 8 and `deno task install:tensorflow-gpu`",
  "tensorflow:webgpu": "a GPU with a Vulkan, Metal or Direct3D 12 driver and `deno task install:tensorflow-webgpu`",
};

/**
 * In which order `auto` tries. Of one group the fastest is taken, and a group only when those before it have none: WebGPU
 * has no tensor cores. CPU and WebGPU are one group, for a small GPU may be slower than a large CPU.
 */
const AUTO: readonly (readonly string[])[] = [
  ["onnx:cuda", "tensorflow:gpu"],
  ["onnx:webgpu", "tensorflow:webgpu", "onnx:cpu"],
];

/** What there is nothing after. */
export const LAST_ENGINE = "onnx:cpu";

/** How an engine is opened. */
export interface OpenOptions {
  /** CPU threads; by default as many as there are physical cores. */
  readonly threads?: number;
  /** The coarsest precision that is allowed. */
  readonly precision?: Precision;
  /** Engines that `auto` leaves out, but for the last. */
  readonly without?: readonly string[];
  /** What is there, for tests: how an engine is opened by its name, and the fastest GPU. */
  readonly open?: (engine: string, parameters: Vgg16Parameters, options: OpenOptions) => Promise<Backend>;
  readonly adapter?: () => Promise<AdapterInfo | undefined>;
}

/** The name under which `openBackend` opens the same engine again. */
export function engineName({ backend, device }: BackendInfo): string {
  return `${backend}:${device.split(" ")[0]}`;
}

/**
 * Opens a backend by its name, `auto` or one of `onnx:cpu`, `onnx:cuda`, `onnx:webgpu`, `tensorflow:gpu`,
 * `tensorflow:webgpu`, and has it take a real step before it is trusted.
 *
 * @param log Told in one line each what was tried, why it was refused, and what was taken.
 * @throws {GramcastError} ENGINE_UNAVAILABLE saying what to install.
 */
export async function openBackend(
  engine: string,
  parameters: Vgg16Parameters,
  log: (line: string) => void,
  options: OpenOptions = {},
): Promise<Backend> {
  if (engine === "auto") return await openFastest(parameters, log, options);
  const needs = NEEDS[engine];
  if (!needs) {
    throw unavailable(`Cannot open engine ${engine}: wanted auto or one of ${Object.keys(NEEDS).join(", ")}`);
  }
  try {
    return await openChecked(engine, parameters, log, options);
  } catch (error) {
    throw unavailable(`Cannot open engine ${engine}: ${reasonOf(error)}, wanted ${needs}`, error);
  }
}

async function openFastest(
  parameters: Vgg16Parameters,
  log: (line: string) => void,
  options: OpenOptions,
): Promise<Backend> {
  const adapter = await (options.adapter ?? (async () => (await findAdapter())?.info))();
  for (const group of AUTO) {
    const working: Backend[] = [];
    for (const engine of group) {
      try {
        if (engine !== LAST_ENGINE && options.without?.includes(engine)) {
          throw new Error("left out: it was lost again and again");
        }
        if (engine.endsWith(":webgpu")) requireGpu(adapter);
        working.push(await openChecked(engine, parameters, log, options));
      } catch (error) {
        log(`Engine ${engine}: ${reasonOf(error)}`);
      }
    }
    const backend = await keepFastest(working, parameters, log);
    if (backend) {
      log(`Engine ${engineName(backend.info)} computes on ${backend.info.device} in ${backend.info.precision}`);
      return backend;
    }
  }
  throw unavailable(`Cannot find an engine: wanted one of ${AUTO.flat().join(", ")}`);
}

/** Drivers that compute on the CPU are slower than the engine that was made for it. */
function requireGpu(adapter: AdapterInfo | undefined): void {
  if (!adapter) throw new Error("no GPU found");
  if (adapter.isFallbackAdapter) throw new Error("no GPU found, only a driver that computes on the CPU");
}

/** Measures where there is a choice, and closes all but one. */
async function keepFastest(
  working: readonly Backend[],
  parameters: Vgg16Parameters,
  log: (line: string) => void,
): Promise<Backend | undefined> {
  if (working.length < 2) return working[0];
  const seconds = new Map<Backend, number>();
  for (const backend of working) {
    try {
      seconds.set(backend, await stepSeconds(backend, parameters));
      log(`Engine ${engineName(backend.info)}: ${(1000 * seconds.get(backend)!).toPrecision(3)} ms a step at 256×256`);
    } catch (error) {
      log(`Engine ${engineName(backend.info)}: ${reasonOf(error)}`);
    }
  }
  const fastest = [...seconds].sort((a, b) => a[1] - b[1])[0]?.[0];
  await Promise.all(working.filter((backend) => backend !== fastest).map((backend) => backend.close()));
  return fastest;
}

/** Opens an engine in the precision that is allowed, or as precisely as it gives right results; says so if need be. */
async function openChecked(
  engine: string,
  parameters: Vgg16Parameters,
  log: (line: string) => void,
  options: OpenOptions,
): Promise<Backend> {
  const { precision = DEFAULT_PRECISION } = options;
  let [backend, reason]: [Backend | null, string] = [null, `has no ${precision}`];
  try {
    backend = await openAgreeing(engine, parameters, options);
  } catch (error) {
    // Some drivers sum in 16 bits, too.
    if (precision !== "float16" || !(error instanceof WrongResults)) throw error;
    reason = `${error.message} in float16`;
  }
  backend ??= await openAgreeing(engine, parameters, { ...options, precision: DEFAULT_PRECISION });
  if (precision !== DEFAULT_PRECISION && precision !== backend.info.precision) {
    log(`Engine ${engine}: ${reason}, computes in ${backend.info.precision}`);
  }
  return backend;
}

/** Opens an engine and compares its results with those of the CPU; the CPU's own have to be numbers, and the same twice. */
async function openAgreeing(engine: string, parameters: Vgg16Parameters, options: OpenOptions): Promise<Backend> {
  const open = options.open ?? openUnchecked;
  const backend = await open(engine, parameters, options);
  let reference = backend;
  try {
    if (engine !== LAST_ENGINE) reference = await open(LAST_ENGINE, parameters, options);
    await checkBackend(backend, reference, parameters);
  } catch (error) {
    await backend.close();
    throw error;
  } finally {
    if (reference !== backend) await reference.close();
  }
  return backend;
}

/** Imports a library only when it is chosen: not each is there for every system. */
async function openUnchecked(engine: string, parameters: Vgg16Parameters, options: OpenOptions): Promise<Backend> {
  const [library, device] = engine.split(":");
  if (library === "onnx") {
    const { OnnxBackend } = await import("./onnx/backend.ts");
    return await OnnxBackend.open(parameters, device as OnnxDevice, options);
  }
  const { TensorflowBackend } = await import("./tensorflow/backend.ts");
  return await TensorflowBackend.open(parameters, device as TensorflowDevice, options.precision);
}

/** What ONNX Runtime says when it lacks something, and how to say it in a few words. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/Failed to load shared library/, "no CUDA library"],
  [/RequestAdapterStatus|Failed to get a WebGPU/, "no GPU found that will do"],
  [/CUDA failure \d+: ([^;]+)/, "$1"],
];

/** Why something failed, in one line without paths. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  for (const [pattern, reason] of REASONS) {
    const match = pattern.exec(text);
    if (match) return reason.replace("$1", match[1]?.trim() ?? "");
  }
  return text.split("\n")[0]!.replace(/(\w+:\/)?(\/[\w.@+-]+){2,}/g, "…").slice(0, 160);
}

function unavailable(message: string, cause?: unknown): GramcastError {
  return new GramcastError("ENGINE_UNAVAILABLE", message, cause === undefined ? {} : { cause });
}
