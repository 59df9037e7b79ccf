import type { Size } from "../picture.ts";

/**
 * Radii of the averages in pixels, and how much each counts. Measured: `deno task bench smoothing` compares them with none.
 */
const LEVELS: readonly { readonly radius: number; readonly weight: number }[] = [
  { radius: 1, weight: 2 },
  { radius: 2, weight: 4 },
  { radius: 4, weight: 8 },
];

/**
 * A symmetric positive definite map of gradients, x + Σ weight · B(B(x)) with averages B over squares: what moves many
 * neighbouring pixels alike counts more than what moves each of them otherwise. As the first guess of the inverse Hessian
 * it lets L-BFGS find the large forms of a picture as soon as the small ones (a Sobolev gradient in effect: Neuberger 1997;
 * Nocedal and Wright 2006, section 7.2, on the choice of H₀). Minima stay where they are.
 *
 * @param size Of pictures of three channels, height × width × 3.
 */
export function smoothing(size: Size): (gradient: Float32Array) => Float32Array {
  return (gradient) => {
    const sum = gradient.slice();
    for (const { radius, weight } of LEVELS) {
      const average = averageOver(averageOver(gradient, size, radius), size, radius);
      for (let i = 0; i < sum.length; i++) sum[i]! += weight * average[i]!;
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
    const add = (at: number, sign: number) => {
      const from = start + mirrored(at, length) * inner;
      for (let i = 0; i < inner; i++) sums[i]! += sign * values[from + i]!;
    };
    sums.fill(0);
    for (let at = -radius; at < radius; at++) add(at, 1);
    for (let at = 0; at < length; at++) {
      add(at + radius, 1);
      const to = start + at * inner;
      for (let i = 0; i < inner; i++) means[to + i] = factor * sums[i]!;
      add(at - radius, -1);
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
