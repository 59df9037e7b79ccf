import { fileURLToPath } from "node:url";
import { computePermissions, LIBC_HINT } from "../../engine/backends/permissions.ts";
import { DEFAULT_PRECISION, type Precision } from "../../engine/backends/precision.ts";
import type { Launch } from "./engine_process.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
/** Its modules, which its thread beside the engine is made of. */
const PROCESS = fileURLToPath(new URL(".", import.meta.url));

/** What sharp looks at while it loads. */
const LIBVIPS = "npm_package_config_libvips";

/** What else an engine process is told. */
export interface LaunchOptions {
  /** What it may take in memory: larger pictures are evaluated in tiles. As much as it takes where it is left out. */
  readonly memoryBytes?: number;
  /** The coarsest that is allowed. */
  readonly precision?: Precision;
  /** The one GPU that CUDA shows it, by its number; all of them where it is left out. */
  readonly gpu?: number | undefined;
  /** Whether it is to classify: only then fc6–fc8 are loaded. */
  readonly dense?: boolean;
  /** What was measured of its GPU, empty if nothing was; where it is left out, it measures nothing. */
  readonly measured?: string | undefined;
}

/**
 * How an engine process is started: it may call native libraries and read the engines, itself and the weights, and nothing
 * else; no data, no network, no writing, no other programs.
 *
 * @param engine One of `ENGINE_NAMES`.
 * @param weights Path of their file.
 * @param checkpointSeconds Between checkpoints, where they are cheap.
 */
export function launchEngine(
  engine: string,
  weights: string,
  checkpointSeconds: number,
  options: LaunchOptions = {},
): Launch {
  return {
    command: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--cached-only",
      ...computePermissions([PROCESS, LIBC_HINT, weights], [LIBVIPS]),
      CHILD,
      engine,
      weights,
      String(checkpointSeconds),
      String(options.memoryBytes ?? Infinity),
      options.precision ?? DEFAULT_PRECISION,
      ...(options.dense ? ["dense"] : options.measured === undefined ? [] : ["", options.measured]),
    ],
    ...(options.gpu === undefined ? {} : { env: { CUDA_VISIBLE_DEVICES: String(options.gpu) } }),
  };
}
