import assert from "node:assert/strict";
import fc from "fast-check";
import { formulaNoise } from "../testing/formula.ts";
import { smoothing } from "./smoothing.ts";
import { dot } from "./vectors.ts";

const size = fc.record({ width: fc.integer({ min: 1, max: 20 }), height: fc.integer({ min: 1, max: 20 }) });

function noise(length: number, salt: number): Float32Array {
  return Float32Array.from(formulaNoise(length, salt), (value) => value - 0.5);
}

Deno.test("smoothing is symmetric and positive semidefinite at every size", () => {
  fc.assert(
    fc.property(size, fc.nat(999), (size, salt) => {
      const smooth = smoothing(size);
      const length = 3 * size.width * size.height;
      const [a, b] = [noise(length, salt), noise(length, salt + 1)];
      const [along, back] = [dot(smooth(a), b), dot(a, smooth(b))];
      assert.ok(Math.abs(along - back) <= 1e-4 * (1 + Math.abs(along)), `${along} and ${back}`);
      assert.ok(dot(smooth(a), a) >= -1e-6 * dot(a, a));
    }),
    { seed: 1, numRuns: 100 },
  );
});

Deno.test("smoothing multiplies what is even, channel by channel, and loses the finest pattern", () => {
  const size = { width: 41, height: 37 };
  const length = 3 * size.width * size.height;
  const even = Float32Array.from({ length }, (_, i) => [1, -2, 5][i % 3]!);
  smoothing(size)(even).forEach((value, i) => assert.ok(Math.abs(value - 14 * even[i]!) < 1e-4));
  // Of an odd width a chessboard's rows follow each other without a seam. In its middle, averages over 3, 5 and 9 squares a
  // side leave 1/9, 1/25 and 1/81 of it, and each is taken twice.
  const board = Float32Array.from({ length }, (_, i) => Math.floor(i / 3) % 2 - 0.5);
  const factor = 2 / 9 ** 2 + 4 / 25 ** 2 + 8 / 81 ** 2;
  const middle = 3 * (18 * size.width + 20);
  const smoothed = smoothing(size)(board)[middle]!;
  assert.ok(Math.abs(smoothed - factor * board[middle]!) < 1e-5, `${smoothed}`);
});
