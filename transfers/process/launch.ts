import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DEFAULT_PRECISION, type Precision, TF32_SWITCH } from "../../engine/backends/precision.ts";
import type { Launch } from "./engine_process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
/** There when `deno task install:tensorflow-gpu` has been run. */
const TENSORFLOW_GPU = fileURLToPath(new URL("../../engine/tensorflow/packages/gpu/node_modules", import.meta.url));

/** Variables that native libraries look at while they load. */
const VARIABLES = ["npm_package_config_libvips", "MALLOC_ARENA_MAX", "XDG_RUNTIME_DIR", TF32_SWITCH];
const NARROW = [`--allow-env=${VARIABLES.join(",")}`, "--allow-sys=cpus"];
/** What tells sharp which C library the system has. */
const LIBC_HINT = "/usr/bin/ldd";

/** What else an engine process is told. */
export interface LaunchOptions {
  /** What it may take in memory: larger pictures are evaluated in tiles. As much as it takes where it is left out. */
  readonly memoryBytes?: number;
  /** The coarsest that is allowed. */
  readonly precision?: Precision;
  /** The one GPU that CUDA shows it, by its number; all of them where it is left out. */
  readonly gpu?: number | undefined;
  /** Engines that `auto` leaves out. */
  readonly without?: readonly string[];
}

/**
 * How an engine process is started: it may call native libraries and read the program and the weights, and nothing else;
 * no network, no writing, no other programs.
 *
 * @param engine As in `ENGINE`.
 * @param weights Path of their file.
 * @param checkpointSeconds Between checkpoints, where they are cheap.
 */
export function launchEngine(
  engine: string,
  weights: string,
  checkpointSeconds: number,
  options: LaunchOptions = {},
): Launch {
  const readable = [ROOT, LIBC_HINT, weights];
  return {
    command: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--cached-only",
      "--allow-ffi",
      `--allow-read=${readable.map(escapeComma).join(",")}`,
      ...(usesTensorflowGpu(engine) ? ["--allow-env", "--allow-sys"] : NARROW),
      CHILD,
      engine,
      weights,
      String(checkpointSeconds),
      String(options.memoryBytes ?? Infinity),
      options.precision ?? DEFAULT_PRECISION,
      ...options.without ?? [],
    ],
    ...(options.gpu === undefined ? {} : { env: { CUDA_VISIBLE_DEVICES: String(options.gpu) } }),
  };
}

/** TensorFlow's installer, by which it finds its library, looks at all variables and at the machine's name. */
function usesTensorflowGpu(engine: string): boolean {
  return engine === "tensorflow:gpu" || (engine === "auto" && existsSync(TENSORFLOW_GPU));
}

/** Lists of paths are separated by commas; a comma of a path is doubled. */
function escapeComma(path: string): string {
  return path.replaceAll(",", ",,");
}
