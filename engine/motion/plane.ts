import type { Picture, Size } from "../picture.ts";
import { luma } from "../objective/color.ts";

/** One value for each pixel, rows from the top. */
export interface Plane extends Size {
  readonly values: Float32Array;
}

/** The luma of a picture, 0–255. */
export function lumaPlane({ width, height, rgb }: Picture): Plane {
  const values = Float32Array.from(
    { length: width * height },
    (_, i) => luma(rgb[3 * i]!, rgb[3 * i + 1]!, rgb[3 * i + 2]!),
  );
  return { width, height, values };
}

/** A plane without what is finer than two pixels: filtered by the binomial (1 4 6 4 1) / 16. Borders repeat. */
export function smoothed({ width, height, values }: Plane): Plane {
  const rows = smoothAlong(values, width, 1, height, width);
  return { width, height, values: smoothAlong(rows, height, width, width, 1) };
}

/** Every other pixel of every other row, from the first on: the place (x, y) of the half is (2x, 2y) of the whole. */
export function halved({ width, height, values }: Plane): Plane {
  const size = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const half = new Float32Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) half[y * size.width + x] = values[2 * (y * width + x)]!;
  }
  return { ...size, values: half };
}

/** Filters `count` lines of `length` values each; the values of a line are `step` apart, lines `stride`. */
function smoothAlong(values: Float32Array, length: number, step: number, count: number, stride: number): Float32Array {
  const result = new Float32Array(values.length);
  const last = length - 1;
  for (let line = 0; line < count; line++) {
    const start = line * stride;
    const at = (i: number) => values[start + step * Math.min(last, Math.max(0, i))]!;
    for (let i = 0; i < length; i++) {
      result[start + step * i] = (at(i - 2) + 4 * at(i - 1) + 6 * at(i) + 4 * at(i + 1) + at(i + 2)) / 16;
    }
  }
  return result;
}
