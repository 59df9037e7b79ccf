/**
 * Features as plain loops have them: one plane a channel.
 *
 * @module
 */
import { formulaNoise } from "../../../testing/formula.ts";
import { type FeatureMap, mapLength, valueIndex } from "../feature_map.ts";

/** The shape of a map. */
export type Shape = Omit<FeatureMap, "buffer">;

/** Values by channel, row and column. */
export interface Planes extends Shape {
  readonly values: Float32Array;
}

/** Noise, of which about half is not positive where it comes from a ReLU. */
export function noisePlanes(shape: Shape, salt: number, relu = false): Planes {
  const noise = formulaNoise(shape.channels * shape.height * shape.width, salt);
  return { ...shape, values: Float32Array.from(noise, (value) => relu ? Math.max(0, value) : value) };
}

/** Planes of what a function gives. */
export function planesOf(shape: Shape, at: (channel: number, row: number, column: number) => number): Planes {
  const { width, height } = shape;
  const values = Float32Array.from(
    { length: shape.channels * height * width },
    (_, i) => at(Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width),
  );
  return { ...shape, values };
}

/** One value; 0 outside. */
export function valueAt({ width, height, values }: Planes, channel: number, row: number, column: number): number {
  if (row < 0 || row >= height || column < 0 || column >= width) return 0;
  return values[(channel * height + row) * width + column]!;
}

/** As the device has them. */
export function toQuads({ values, ...shape }: Planes): Float32Array {
  const area = shape.width * shape.height;
  const quads = new Float32Array(mapLength(shape));
  values.forEach((value, i) => quads[valueIndex(Math.floor(i / area), i % area, area)] = value);
  return quads;
}

/** As plain loops have them. */
export function fromQuads(quads: Float32Array, shape: Shape): Planes {
  const area = shape.width * shape.height;
  const values = Float32Array.from(
    { length: shape.channels * area },
    (_, i) => quads[valueIndex(Math.floor(i / area), i % area, area)]!,
  );
  return { ...shape, values };
}
