import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { restoreNodeUtil } from "./node_util.ts";

Deno.test("what the kernels miss in node:util is there again, for import and for require", () => {
  restoreNodeUtil();
  const util = createRequire(import.meta.url)("node:util");
  assert.deepEqual([[], {}, "a", null].map(util.isArray), [true, false, false, false]);
  assert.deepEqual([null, undefined, 0, "", false].map(util.isNullOrUndefined), [true, true, false, false, false]);
});

Deno.test("what is there already is left alone", () => {
  const isArray = () => true;
  const target: Record<string, unknown> = { isArray };
  restoreNodeUtil(target);
  assert.equal(target.isArray, isArray);
  assert.equal(typeof target.isNullOrUndefined, "function");
});
