import type { Size } from "../picture.ts";
import { addScaled } from "./vectors.ts";

/**
 * Radii of the averages in pixels, and how much each counts. Measured: `deno task bench smoothing` compares them with none.
 */
const LEVELS: readonly { readonly radius: number; readonly weight: number }[] = [
  { radius: 1, weight: 2 },
  { radius: 2, weight: 4 },
  { radius: 4, weight: 8 },
];

/**
 * A symmetric positive semidefinite map of gradients, Σ weight · B(B(x)) with averages B over squares: it keeps what moves
 * many neighbouring pixels alike and loses what moves each of them otherwise (a Sobolev gradient in effect: Neuberger 1997).
 *
 * @param size Of pictures of three channels, height × width × 3.
 */
export function smoothing(size: Size): (gradient: Float32Array) => Float32Array {
  return (gradient) => {
    const sum = new Float32Array(gradient.length);
    for (const { radius, weight } of LEVELS) {
      addScaled(sum, averageOver(averageOver(gradient, size, radius), size, radius), weight);
    }
    return sum;
  };
}

/** The mean over the square of side 2 · radius + 1 around each pixel. Beyond its border the picture is its mirror image. */
function averageOver(values: Float32Array, { width, height }: Size, radius: number): Float32Array {
  const rows = averageAlong(values, { outer: height, length: width, inner: 3 }, radius);
  return averageAlong(rows, { outer: 1, length: height, inner: 3 * width }, radius);
}

/** Running means along the middle axis of an outer × length × inner array. */
function averageAlong(
  values: Float32Array,
  { outer, length, inner }: { readonly outer: number; readonly length: number; readonly inner: number },
  radius: number,
): Float32Array {
  const means = new Float32Array(values.length);
  const sums = new Float64Array(inner);
  const factor = 1 / (2 * radius + 1);
  for (let o = 0; o < outer; o++) {
    const start = o * length * inner;
    sums.fill(0);
    for (let at = -radius; at < radius; at++) {
      const from = start + mirrored(at, length) * inner;
      for (let i = 0; i < inner; i++) sums[i]! += values[from + i]!;
    }
    for (let at = 0; at < length; at++) {
      const to = start + at * inner;
      const entering = start + mirrored(at + radius, length) * inner;
      const leaving = start + mirrored(at - radius, length) * inner;
      for (let i = 0; i < inner; i++) {
        const sum = sums[i]! + values[entering + i]!;
        means[to + i] = factor * sum;
        sums[i] = sum - values[leaving + i]!;
      }
    }
  }
  return means;
}

/** Where a place beyond the border of an axis is found in its mirror image, the border's own value coming twice. */
function mirrored(at: number, length: number): number {
  if (at >= 0 && at < length) return at;
  const place = ((at % (2 * length)) + 2 * length) % (2 * length);
  return place < length ? place : 2 * length - 1 - place;
}
