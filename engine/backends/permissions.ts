import { fileURLToPath } from "node:url";
import { TF32_SWITCH } from "./precision.ts";
import { LOG_SWITCH } from "./tensorflow/runtime.ts";
import { DISPLAY_FOLDER } from "./webgpu_adapter.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Variables that native libraries look at while they load. */
const VARIABLES = ["MALLOC_ARENA_MAX", DISPLAY_FOLDER, TF32_SWITCH, LOG_SWITCH];

/**
 * Deno's flags for a process that computes: it may call native libraries, read the program and what else is named, and
 * nothing else; no network, no writing, no other programs.
 *
 * @param files Paths that it reads beside the program.
 * @param variables Names of variables that it reads beside those of the engines' libraries.
 */
export function computePermissions(files: readonly string[], variables: readonly string[] = []): string[] {
  return [
    "--allow-ffi",
    `--allow-read=${[ROOT, ...files].map(escapeComma).join(",")}`,
    `--allow-env=${[...VARIABLES, ...variables].join(",")}`,
    "--allow-sys=cpus",
  ];
}

/** Lists of paths are separated by commas; a comma of a path is doubled. */
function escapeComma(path: string): string {
  return path.replaceAll(",", ",,");
}
