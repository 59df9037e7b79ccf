import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { TF32_SWITCH } from "./precision.ts";
import { LOG_SWITCH } from "./tensorflow/runtime.ts";
import { DISPLAY_FOLDER } from "./webgpu_adapter.ts";

/** What engines load when they are needed: TensorFlow, where it is installed. */
const BACKENDS = fileURLToPath(new URL(".", import.meta.url));
/** What tells sharp which C library the system has. */
export const LIBC_HINT = "/usr/bin/ldd";

/** Variables that native libraries look at while they load. */
const VARIABLES = ["MALLOC_ARENA_MAX", DISPLAY_FOLDER, TF32_SWITCH, LOG_SWITCH];

/**
 * Deno's flags for a process that computes: it may call native libraries, read what engines are made of and what else is
 * named, and nothing else; no network, no writing, no other programs. Modules that it imports it need not read.
 *
 * @param files Paths that it reads beside the engines.
 * @param variables Names of variables that it reads beside those of the engines' libraries.
 */
export function computePermissions(files: readonly string[], variables: readonly string[] = []): string[] {
  return [
    "--no-remote",
    "--allow-ffi",
    `--allow-read=${pathList([BACKENDS, ...files])}`,
    `--allow-env=${[...VARIABLES, ...variables].join(",")}`,
    "--allow-sys=cpus",
  ];
}

/**
 * A list of paths as Deno's flags take it. Deno 2.9 has no way to write a comma in one: what has a comma in its path is
 * granted with the innermost folder around it that has none.
 */
export function pathList(paths: readonly string[]): string {
  return paths.map(withoutComma).join(",");
}

function withoutComma(path: string): string {
  return path.includes(",") ? withoutComma(dirname(path)) : path;
}
