import assert from "node:assert/strict";
import { formulaPixels } from "../testing/formula.ts";
import type { Backend } from "./backend.ts";
import { rememberingGrams } from "./remembered_grams.ts";

const SIZE = { width: 4, height: 3 };
const MASK = { ...SIZE, values: new Float32Array(12).fill(0.5) };
const info = { backend: "none", device: "none", precision: "float32", version: "1" };

/** A backend that counts what it is asked for; its answer is the count. */
function counting(): { backend: Backend; count: () => number } {
  let count = 0;
  const never = () => Promise.reject(new Error("Cannot do that"));
  const grams = () => Promise.resolve(new Map([["conv1_1", Float32Array.of(++count)]]));
  return {
    backend: {
      info,
      features: never,
      grams,
      places: never,
      nearest: never,
      compile: never,
      classify: never,
      close: () => Promise.resolve(),
    },
    count: () => count,
  };
}

Deno.test("Gram matrices of the same picture are computed once, those of anything else anew", async () => {
  const { backend, count } = counting();
  const remembering = rememberingGrams(backend);
  const pixels = formulaPixels(4, 3, 1);
  const ask = async (given: Partial<{ pixels: Float32Array; moments: boolean; mask: typeof MASK; layer: string }>) => {
    const { moments = false, mask = null, layer = "conv1_1" } = given;
    const grams = await remembering.grams(given.pixels ?? pixels, SIZE, [layer], "MAX", mask, moments);
    return grams.get("conv1_1")![0];
  };
  assert.equal(await ask({}), 1);
  assert.equal(await ask({ pixels: pixels.slice() }), 1);
  assert.equal(await ask({ pixels: formulaPixels(4, 3, 2) }), 2);
  assert.equal(await ask({ moments: true }), 3);
  assert.equal(await ask({ mask: MASK }), 4);
  assert.equal(await ask({ mask: { ...MASK, values: new Float32Array(12).fill(1) } }), 5);
  assert.equal(await ask({ layer: "conv1_2" }), 6);
  assert.equal(await ask({}), 1);
  assert.equal(count(), 6);
});

Deno.test("of the Gram matrices only the newest are kept", async () => {
  const { backend, count } = counting();
  const remembering = rememberingGrams(backend);
  const ask = (salt: number) => remembering.grams(formulaPixels(4, 3, salt), SIZE, ["conv1_1"], "MAX");
  for (let salt = 0; salt < 40; salt++) await ask(salt);
  await ask(39);
  assert.equal(count(), 40);
  await ask(0);
  assert.equal(count(), 41);
});

Deno.test("a backend that remembers can do what it could before, and no more", () => {
  const { backend } = counting();
  const optional = ["compileTiles", "largestMap"] as const;
  assert.deepEqual(optional.filter((name) => name in rememberingGrams(backend)), []);
  const able = { ...backend, compileTiles: backend.compile as never, largestMap: 9 };
  assert.deepEqual(optional.filter((name) => name in rememberingGrams(able)), optional);
});
