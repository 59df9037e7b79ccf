import assert from "node:assert/strict";
import { readNumbers, suggestNumbers, variationsOf } from "./axes.ts";

const SIZE = { name: "size", label: "Size", kind: "INTEGER", minimum: 32, maximum: 4096 };
const WEIGHT = { name: "styleWeight", label: "Weight of the style", kind: "NUMBER", minimum: 0, maximum: 1e12 };

Deno.test("readNumbers() takes the separators that people use, and each number once", () => {
  assert.deepEqual(readNumbers(SIZE, " 128, 192;256 128 ").values, [128, 192, 256]);
  assert.deepEqual(readNumbers(WEIGHT, "0.5, 1e3").values, [0.5, 1000]);
  assert.deepEqual(readNumbers(SIZE, " "), { values: [], problem: null });
});

Deno.test("readNumbers() says what it cannot use and what it wants", () => {
  const wanted = "for size: wanted whole numbers from 32 to 4096";
  assert.equal(readNumbers(SIZE, "128, big").problem, `Cannot use big ${wanted}`);
  assert.equal(readNumbers(SIZE, "128.5").problem, `Cannot use 128.5 ${wanted}`);
  assert.equal(readNumbers(SIZE, "16").problem, `Cannot use 16 ${wanted}`);
  assert.equal(readNumbers(SIZE, "8000").problem, `Cannot use 8000 ${wanted}`);
  assert.match(readNumbers(WEIGHT, "-1").problem!, /^Cannot use -1 for weight of the style: wanted numbers/);
});

Deno.test("variationsOf() combines each value with each, the last axis fastest", () => {
  assert.deepEqual(variationsOf([]), [{}]);
  const axes = [{ option: "seed", values: [1, 2] }, { option: "preset", values: ["FAST", "QUALITY"] }];
  assert.deepEqual(variationsOf(axes), [
    { seed: 1, preset: "FAST" },
    { seed: 1, preset: "QUALITY" },
    { seed: 2, preset: "FAST" },
    { seed: 2, preset: "QUALITY" },
  ]);
});

Deno.test("suggestNumbers() is around what is usual, within what is allowed, and can be read", () => {
  assert.equal(suggestNumbers(SIZE, 256), "128, 256, 512");
  assert.equal(suggestNumbers(SIZE, 33), "32, 33, 66");
  assert.equal(suggestNumbers(WEIGHT, 0), "1, 2, 3");
  assert.equal(suggestNumbers({ ...WEIGHT, maximum: 1 }, 0.8), "0.4, 0.8, 1");
  assert.deepEqual(readNumbers(WEIGHT, suggestNumbers(WEIGHT, 1 / 3)).values, [0.167, 0.333, 0.667]);
});
