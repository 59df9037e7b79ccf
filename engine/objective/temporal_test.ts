import assert from "node:assert/strict";
import { formulaPixels } from "../testing/formula.ts";
import { temporalTerm } from "./temporal.ts";

Deno.test("the temporal loss is the mean over all of what differs where it can be seen, and pulls back there", () => {
  const term = temporalTerm(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), Float32Array.of(1, 0, 0.5));
  const gradient = new Float32Array(9).fill(1);
  const loss = term.add(Float32Array.of(3, 2, 0, 40, 50, 60, 7, 12, 9), 4.5, gradient);
  assert.equal(loss, (4 + 9 + 0.5 * 16) / 9);
  assert.deepEqual([...gradient], [3, 1, -2, 1, 1, 1, 1, 3, 1]);
});

Deno.test("the temporal loss's gradient agrees with differences in every value", () => {
  const [wanted, pixels] = [formulaPixels(4, 3, 1), formulaPixels(4, 3, 2)];
  const term = temporalTerm(wanted, Float32Array.from({ length: 12 }, (_, i) => i / 11));
  const gradient = new Float32Array(36);
  term.add(pixels, 7, gradient);
  for (let at = 0; at < 36; at++) {
    const value = (shift: number) =>
      7 * term.add(pixels.map((value, i) => i === at ? value + shift : value), 0, new Float32Array(36));
    const slope = (value(8) - value(-8)) / 16;
    assert.ok(Math.abs(gradient[at]! - slope) < 1e-4 * (1 + Math.abs(slope)), `${gradient[at]}, ${slope}`);
  }
});
