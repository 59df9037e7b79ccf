import assert from "node:assert/strict";
import { invariance } from "./invariance.ts";

const WHITE = { rows: 4, columns: 3, values: Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]) };

Deno.test("the direction in which twins differ is shrunk by (1 + strength · variance)^(-1/2), the others stay", async () => {
  // 4 apart along the second axis: half of the square is a variance of 8.
  const twins = {
    ...WHITE,
    values: WHITE.values.map((value, i) => i % 3 === 1 ? value + 4 * (i % 2 ? 1 : -1) : value),
  };
  const { values } = await invariance(WHITE, twins, 6);
  const expected = [1, 0, 0, 0, 1 / Math.sqrt(1 + 6 * 8), 0, 0, 0, 1];
  for (const [i, value] of values.entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-5, `${i}: ${value}`);
});

Deno.test("with strength 0, or twins that do not differ, nothing is shrunk", async () => {
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const twins = { ...WHITE, values: WHITE.values.map((value) => 2 * value + 1) };
  for (const [others, strength] of [[twins, 0], [WHITE, 100]] as const) {
    const { values } = await invariance(WHITE, others, strength);
    for (const [i, value] of values.entries()) assert.ok(Math.abs(value - identity[i]!) < 1e-6, `${i}: ${value}`);
  }
});
