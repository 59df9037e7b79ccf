import type { Picture, Size } from "../../picture.ts";
import { formulaNoise } from "../../testing/formula.ts";

/** A place, in pixels: column and row. */
export type Place = readonly [number, number];

/** Side of the square of random values that noise is made from, over and over. */
const SIDE = 64;
const VALUES = formulaNoise(SIDE * SIDE, 5);

/** Smooth noise, -1 to 1, whose hills are `period` pixels apart. */
function noiseAt([x, y]: Place, period: number, channel: number): number {
  const [column, row] = [x / period + 17 * channel, y / period + 29 * channel];
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const [across, down] = [column - left, row - top].map((t) => t * t * (3 - 2 * t)) as [number, number];
  const at = (i: number, j: number) => VALUES[(j & (SIDE - 1)) * SIDE + (i & (SIDE - 1))]!;
  const upper = at(left, top) + across * (at(left + 1, top) - at(left, top));
  const lower = at(left, top + 1) + across * (at(left + 1, top + 1) - at(left, top + 1));
  return upper + down * (lower - upper);
}

/** Colours of a plane that goes on for ever, with forms of 4 to 40 pixels, 30 to 210. */
export function colourAt(place: Place): readonly [number, number, number] {
  const colour = (channel: number) =>
    120 + 15 * noiseAt(place, 4, channel) + 20 * noiseAt(place, 9, channel + 3) + 25 * noiseAt(place, 19, 6) +
    30 * noiseAt(place, 41, channel + 9);
  return [colour(0), colour(1), colour(2)];
}

/** A picture in which each place has the colour that `source` says. */
export function drawn({ width, height }: Size, source: (place: Place) => readonly [number, number, number]): Picture {
  const rgb = new Uint8ClampedArray(3 * width * height);
  for (let j = 0; j < height; j++) for (let i = 0; i < width; i++) rgb.set(source([i, j]), 3 * (j * width + i));
  return { width, height, rgb: new Uint8Array(rgb.buffer) };
}
