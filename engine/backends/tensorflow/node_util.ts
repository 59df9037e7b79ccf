import util from "node:util";

/**
 * Functions that Node once had in `node:util`, that Node 23 and Deno 2 have dropped, and that the kernels of
 * `@tensorflow/tfjs-node-gpu` 4.22 still call.
 */
const DROPPED: Readonly<Record<string, (value: unknown) => boolean>> = {
  isArray: (value) => Array.isArray(value),
  isNullOrUndefined: (value) => value === null || value === undefined,
};

/**
 * Puts back what is missing in `node:util`, and leaves alone what is there.
 *
 * @param target The module to complete: what `require("node:util")` gives.
 */
export function restoreNodeUtil(target: object = util): void {
  for (const [name, value] of Object.entries(DROPPED)) {
    if (!(name in target)) Object.defineProperty(target, name, { value, configurable: true, writable: true });
  }
}
