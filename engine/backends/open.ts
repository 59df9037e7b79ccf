/**
 * Opens an engine by its name, and has it take a real step before it is trusted.
 *
 * @module
 */
import { GramcastError } from "../../errors.ts";
import type { Vgg16Parameters } from "../vgg16.ts";
import type { Backend } from "./backend.ts";
import { ENGINE_NAMES, ENGINE_NEEDS, type EngineName, LAST_ENGINE, REPLACED_ENGINES } from "./engines.ts";
import { DEFAULT_PRECISION, type Precision } from "./precision.ts";
import { checkBackend } from "./probe.ts";
import { reasonOf } from "./reason.ts";
import type { Measurements } from "./webgpu/measured_tiles.ts";

/** How an engine is opened. */
export interface OpenOptions {
  /** The coarsest precision that is allowed. */
  readonly precision?: Precision;
  /** What was measured of a GPU, and where that is kept; nothing is measured where it is left out. */
  readonly measurements?: Measurements;
  /** What is there, for tests: how an engine is opened by its name. */
  readonly open?: (engine: EngineName, parameters: Vgg16Parameters, options: OpenOptions) => Promise<Backend>;
}

/**
 * Opens a backend.
 *
 * @param engine One of `ENGINE_NAMES`; `chooseEngine()` finds one for `auto`.
 * @param log Told in one line each what it computes on, and why not in the precision that was asked for.
 * @throws {GramcastError} ENGINE_UNAVAILABLE saying what to install.
 */
export async function openBackend(
  engine: string,
  parameters: Vgg16Parameters,
  log: (line: string) => void,
  options: OpenOptions = {},
): Promise<Backend> {
  const name = ENGINE_NAMES.find((each) => each === engine);
  if (!name) {
    const replaced = REPLACED_ENGINES[engine];
    const wanted = replaced ? `${replaced}, which took its place` : `auto or one of ${ENGINE_NAMES.join(", ")}`;
    throw unavailable(`Cannot open engine ${engine}: wanted ${wanted}`);
  }
  try {
    const backend = await openChecked(name, parameters, log, options);
    const { device, precision, version } = backend.info;
    log(`Engine ${name} ${version} computes on ${device} in ${precision}`);
    return backend;
  } catch (error) {
    throw unavailable(`Cannot open engine ${name}: ${reasonOf(error)}, wanted ${ENGINE_NEEDS[name]}`, error);
  }
}

/** Opens an engine in the precision that is allowed, or as precisely as it gives right results; says so if need be. */
async function openChecked(
  engine: EngineName,
  parameters: Vgg16Parameters,
  log: (line: string) => void,
  options: OpenOptions,
): Promise<Backend> {
  const { precision = DEFAULT_PRECISION } = options;
  let [backend, reason]: [Backend | null, string] = [null, `has no ${precision}`];
  try {
    backend = await openAgreeing(engine, parameters, options);
  } catch (error) {
    // A driver may sum in 16 bits, too, or not know how to hold them.
    if (precision !== "float16") throw error;
    reason = `${reasonOf(error)} in float16`;
  }
  backend ??= await openAgreeing(engine, parameters, { ...options, precision: DEFAULT_PRECISION });
  if (precision !== DEFAULT_PRECISION && precision !== backend.info.precision) {
    log(`Engine ${engine}: ${reason}, computes in ${backend.info.precision}`);
  }
  return backend;
}

/** Opens an engine and compares its results with those of the CPU; the CPU's own have to be numbers, and the same twice. */
async function openAgreeing(
  engine: EngineName,
  parameters: Vgg16Parameters,
  options: OpenOptions,
): Promise<Backend> {
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
async function openUnchecked(
  engine: EngineName,
  parameters: Vgg16Parameters,
  options: OpenOptions,
): Promise<Backend> {
  if (engine === "tensorflow") {
    const { TensorflowBackend } = await import("./tensorflow/backend.ts");
    return await TensorflowBackend.open(parameters, options.precision);
  }
  if (engine === "webgpu") {
    const { WebgpuBackend } = await import("./webgpu/backend.ts");
    return await WebgpuBackend.open(parameters, options);
  }
  const { OnnxBackend } = await import("./onnx/backend.ts");
  return await OnnxBackend.open(parameters);
}

function unavailable(message: string, cause?: unknown): GramcastError {
  return new GramcastError("ENGINE_UNAVAILABLE", message, cause === undefined ? {} : { cause });
}
