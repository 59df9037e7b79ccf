import assert from "node:assert/strict";
import fc from "fast-check";
import { formulaNoise } from "../testing/formula.ts";
import type { Size } from "../picture.ts";
import { relativeDistance } from "../testing/distance.ts";
import { smoothing } from "./smoothing.ts";
import { dot } from "./vectors.ts";

const size = fc.record({ width: fc.integer({ min: 1, max: 20 }), height: fc.integer({ min: 1, max: 20 }) });

function noise(length: number, salt: number): Float32Array {
  return Float32Array.from(formulaNoise(length, salt), (value) => value - 0.5);
}

function smoother(size: Size): (gradient: Float32Array) => Float32Array {
  const smooth = smoothing(size);
  return (gradient) => {
    const into = new Float32Array(gradient.length);
    smooth(gradient, into);
    return into;
  };
}

/** The mean over the square of side 2 · radius + 1 around each pixel, of the picture and its mirror images. */
function average(values: Float32Array, { width, height }: Size, radius: number): Float32Array {
  const mirrored = (at: number, length: number) => {
    const place = (at % (2 * length) + 2 * length) % (2 * length);
    return Math.min(place, 2 * length - 1 - place);
  };
  return values.map((_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    let sum = 0;
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        sum += values[3 * (mirrored(y + dy, height) * width + mirrored(x + dx, width)) + c]!;
      }
    }
    return sum / (2 * radius + 1) ** 2;
  });
}

Deno.test("smoothing averages over three squares around each pixel, twice over each, mirrored at the border", () => {
  fc.assert(
    fc.property(size, fc.nat(999), (size, salt) => {
      const gradient = noise(3 * size.width * size.height, salt);
      const twice = (radius: number) => average(average(gradient, size, radius), size, radius);
      const [fine, middle, coarse] = [twice(1), twice(2), twice(4)];
      const wanted = fine.map((value, i) => 2 * value + 4 * middle[i]! + 8 * coarse[i]!);
      const distance = relativeDistance(smoother(size)(gradient), wanted);
      assert.ok(distance < 1e-5, `relative distance ${distance}`);
    }),
    { seed: 1, numRuns: 20 },
  );
});

Deno.test("smoothing is symmetric and positive semidefinite at every size", () => {
  fc.assert(
    fc.property(size, fc.nat(999), (size, salt) => {
      const smooth = smoother(size);
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
  smoother(size)(even).forEach((value, i) => assert.ok(Math.abs(value - 14 * even[i]!) < 1e-4));
  // Of an odd width a chessboard's rows follow each other without a seam. In its middle, averages over 3, 5 and 9 squares a
  // side leave 1/9, 1/25 and 1/81 of it, and each is taken twice.
  const board = Float32Array.from({ length }, (_, i) => Math.floor(i / 3) % 2 - 0.5);
  const factor = 2 / 9 ** 2 + 4 / 25 ** 2 + 8 / 81 ** 2;
  const middle = 3 * (18 * size.width + 20);
  const smoothed = smoother(size)(board)[middle]!;
  assert.ok(Math.abs(smoothed - factor * board[middle]!) < 1e-5, `${smoothed}`);
});
