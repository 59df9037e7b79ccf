import type { Size } from "../picture.ts";

/** An average over squares, taken twice. */
export interface Level {
  /** Pixels within which a neighbour counts: 2 · radius + 1. */
  readonly reach: number;
  /** Of the sums along rows and columns, which are not divided by anything. */
  readonly factor: number;
}

/** How much the average over squares of side 2 · radius + 1 counts. */
function level(radius: number, weight: number): Level {
  const reach = 2 * radius + 1;
  return { reach, factor: weight / reach ** 4 };
}

/** Measured: `deno task bench smoothing` compares them with none. */
export const LEVELS = [level(1, 2), level(2, 4), level(4, 8)] as const;
const FURTHEST = Math.max(...LEVELS.map(({ reach }) => reach));

/** A map of gradients; it writes what it makes of one into an array of the same length. */
export type Smoothing = (gradient: Float32Array, into: Float32Array) => void;

/**
 * A symmetric positive semidefinite map of gradients, Σ weight · B(B(x)) with averages B over squares: it keeps what moves
 * many neighbouring pixels alike and loses what moves each of them otherwise (a Sobolev gradient in effect: Neuberger 1997).
 * Beyond its border the picture is its mirror image.
 *
 * To average twice along an axis is to weigh a neighbour at distance d by reach − |d|. From one place to the next such a sum
 * changes by a slope, and the slope by x(at + reach) − 2 · x(at) + x(at − reach): a few additions for each value, however
 * far it reaches. That is linear, so the levels' slopes down a column are one.
 *
 * @param size Of pictures of three channels, height × width × 3.
 */
export function smoothing(size: Size): Smoothing {
  // Kept: to have so much memory anew for each gradient takes as long as to fill it.
  let rows: Rows | null = null;
  return (gradient, into) => {
    rows ??= [gradient.slice(), gradient.slice(), gradient.slice()];
    sumRows(gradient, rows, size);
    addColumns(rows, into, size);
  };
}

/** For each level what sums along rows have given. */
type Rows = readonly [Float32Array, Float32Array, Float32Array];

/** For each level the sums along all rows, channel by channel. */
function sumRows(values: Float32Array, sums: Rows, { width, height }: Size): void {
  // A row between its mirror images.
  const line = new Float32Array(3 * (FURTHEST + width + FURTHEST + 1));
  for (let start = 0; start < 3 * width * height; start += 3 * width) {
    const row = values.subarray(start, start + 3 * width);
    line.set(row, 3 * FURTHEST);
    for (let at = 0; at <= FURTHEST; at++) {
      copyPixel(row, mirrored(at - FURTHEST, width), line, at);
      copyPixel(row, mirrored(width + at, width), line, FURTHEST + width + at);
    }
    LEVELS.forEach(({ reach }, i) => sumRow(line, sums[i]!, start, width, reach));
  }
}

function copyPixel(source: Float32Array, from: number, target: Float32Array, to: number): void {
  for (let c = 0; c < 3; c++) target[3 * to + c] = source[3 * from + c]!;
}

/** The sums along one row, which begins at `start` of `sums`. */
function sumRow(line: Float32Array, sums: Float32Array, start: number, width: number, reach: number): void {
  let [r, g, b, slopeR, slopeG, slopeB] = [0, 0, 0, 0, 0, 0];
  for (let d = 1 - reach; d <= reach; d++) {
    const [at, weight, sign] = [3 * (FURTHEST + d), reach - Math.abs(d), d > 0 ? 1 : -1];
    r += weight * line[at]!;
    g += weight * line[at + 1]!;
    b += weight * line[at + 2]!;
    slopeR += sign * line[at]!;
    slopeG += sign * line[at + 1]!;
    slopeB += sign * line[at + 2]!;
  }
  const end = start + 3 * width;
  for (let to = start, next = 3 * (FURTHEST + 1); to < end; to += 3, next += 3) {
    const [ahead, behind] = [next + 3 * reach, next - 3 * reach];
    sums[to] = r;
    sums[to + 1] = g;
    sums[to + 2] = b;
    r += slopeR;
    g += slopeG;
    b += slopeB;
    slopeR += line[ahead]! - 2 * line[next]! + line[behind]!;
    slopeG += line[ahead + 1]! - 2 * line[next + 1]! + line[behind + 1]!;
    slopeB += line[ahead + 2]! - 2 * line[next + 2]! + line[behind + 2]!;
  }
}

/** Σ factor · the sums down the columns of a level's values. */
function addColumns(values: Rows, result: Float32Array, { width, height }: Size): void {
  const length = 3 * width;
  const sums = new Float64Array(length);
  const slopes = new Float64Array(length);
  const row = (y: number) => length * mirrored(y, height);
  LEVELS.forEach(({ reach, factor }, each) => {
    for (let d = 1 - reach; d <= reach; d++) {
      const [from, weight, sign] = [row(d), factor * (reach - Math.abs(d)), d > 0 ? factor : -factor];
      for (let i = 0; i < length; i++) {
        const value = values[each]![from + i]!;
        sums[i]! += weight * value;
        slopes[i]! += sign * value;
      }
    }
  });
  const [a, b, c] = values;
  const [{ reach: reachA, factor: factorA }, { reach: reachB, factor: factorB }, { reach: reachC, factor: factorC }] =
    LEVELS;
  for (let y = 0; y < height; y++) {
    const [here, next] = [length * y, row(y + 1)];
    const [aheadA, aheadB, aheadC] = [row(y + 1 + reachA), row(y + 1 + reachB), row(y + 1 + reachC)];
    const [behindA, behindB, behindC] = [row(y + 1 - reachA), row(y + 1 - reachB), row(y + 1 - reachC)];
    for (let i = 0; i < length; i++) {
      const slope = slopes[i]!;
      result[here + i] = sums[i]!;
      sums[i]! += slope;
      slopes[i] = slope +
        factorA * (a[aheadA + i]! - 2 * a[next + i]! + a[behindA + i]!) +
        factorB * (b[aheadB + i]! - 2 * b[next + i]! + b[behindB + i]!) +
        factorC * (c[aheadC + i]! - 2 * c[next + i]! + c[behindC + i]!);
    }
  }
}

/** Where a place beyond the border of an axis is found in its mirror image, the border's own value coming twice. */
function mirrored(at: number, length: number): number {
  if (at >= 0 && at < length) return at;
  const place = ((at % (2 * length)) + 2 * length) % (2 * length);
  return place < length ? place : 2 * length - 1 - place;
}
