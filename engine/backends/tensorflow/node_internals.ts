import util from "node:util";

/**
 * Functions that Node once had in `node:util`, that Node 23 and Deno 2 have dropped, and that the JavaScript of
 * `@tensorflow/tfjs-node` 4.22 and of the packages below it still calls.
 */
const DROPPED: Readonly<Record<string, (value: unknown) => boolean>> = {
  isArray: (value) => Array.isArray(value),
  isBoolean: (value) => typeof value === "boolean",
  isFunction: (value) => typeof value === "function",
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === "number",
  isObject: (value) => value !== null && typeof value === "object",
  isPrimitive: (value) => value === null || (typeof value !== "object" && typeof value !== "function"),
  isString: (value) => typeof value === "string",
  isUndefined: (value) => value === undefined,
};

/**
 * Puts back what is missing in `node:util`, and leaves alone what is there.
 *
 * @param target The module to complete: what `require("node:util")` gives.
 * @returns The names that were put back.
 */
export function restoreNodeInternals(target: object = util): string[] {
  const missing = Object.keys(DROPPED).filter((name) => !(name in target));
  for (const name of missing) {
    Object.defineProperty(target, name, { value: DROPPED[name], configurable: true, writable: true });
  }
  return missing;
}
