import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { restoreNodeInternals } from "./node_internals.ts";

const WANTED: Readonly<Record<string, readonly unknown[]>> = {
  isArray: [[]],
  isBoolean: [true, false],
  isFunction: [() => {}],
  isNull: [null],
  isNullOrUndefined: [null, undefined],
  isNumber: [0, NaN],
  isObject: [{}, []],
  isPrimitive: [null, undefined, 0, "", true],
  isString: ["", "a"],
  isUndefined: [undefined],
};
const VALUES = [null, undefined, 0, 1.5, "", "a", true, {}, [1], () => {}];

Deno.test("what node:util has lost is there again, for import and for require", () => {
  restoreNodeInternals();
  const util = createRequire(import.meta.url)("node:util");
  for (const [name, values] of Object.entries(WANTED)) {
    for (const value of values) assert.equal(util[name](value), true, `${name}(${value})`);
    for (const value of VALUES) assert.equal(typeof util[name](value), "boolean");
  }
  assert.equal(util.isNullOrUndefined(0), false);
  assert.equal(util.isString(0), false);
});

Deno.test("what is there already is left alone", () => {
  const isArray = () => true;
  const target: Record<string, unknown> = { isArray };
  const restored = restoreNodeInternals(target);
  assert.equal(target.isArray, isArray);
  assert.ok(!restored.includes("isArray"));
  assert.ok(restored.includes("isNullOrUndefined"));
  assert.deepEqual(restoreNodeInternals(target), []);
});
