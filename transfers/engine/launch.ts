import { fileURLToPath } from "node:url";
import type { Launch } from "./engine_process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** Variables that native libraries look at while they load. */
const VARIABLES = ["npm_package_config_libvips", "MALLOC_ARENA_MAX", "XDG_RUNTIME_DIR"];
/** What tells sharp which C library the system has. */
const LIBC_HINT = "/usr/bin/ldd";

/**
 * How an engine process is started: it may call native libraries and read the program and the weights, and nothing else;
 * no network, no writing, no other programs.
 *
 * @param engine As in `ENGINE`.
 * @param weights As `loadWeights` takes it: `builtin`, or the path of a file.
 * @param checkpointSeconds Between checkpoints, where they are cheap.
 */
export function launchEngine(engine: string, weights: string, checkpointSeconds: number): Launch {
  const readable = [ROOT, LIBC_HINT, ...(weights === "builtin" ? [] : [weights])];
  return {
    command: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--cached-only",
      "--allow-ffi",
      `--allow-read=${readable.map(escapeComma).join(",")}`,
      `--allow-env=${VARIABLES.join(",")}`,
      "--allow-sys=cpus",
      CHILD,
      engine,
      weights,
      String(checkpointSeconds),
    ],
  };
}

/** Lists of paths are separated by commas; a comma of a path is doubled. */
function escapeComma(path: string): string {
  return path.replaceAll(",", ",,");
}
