/**
 * Features on the device: quads of four channels, those of the first four channels for all pixels first, row by row, then
 * those of the next four. Neighbours in a row are neighbours in memory, whatever the width.
 *
 * @module
 */
import type { Size } from "../../picture.ts";
import type { PlannedBuffer } from "./plan.ts";

/** A buffer of quads. */
export interface FeatureMap extends Size {
  readonly buffer: PlannedBuffer;
  readonly channels: number;
}

/** Quads that hold so many channels. */
export function quadsOf(channels: number): number {
  return Math.ceil(channels / 4);
}

/** Quads of a whole map. */
export function quadCount({ width, height, channels }: Omit<FeatureMap, "buffer">): number {
  return width * height * quadsOf(channels);
}

/** Bytes of one quad of a map. */
export function quadBytes({ buffer }: Pick<FeatureMap, "buffer">): number {
  return buffer.half ? 8 : 16;
}

/** Bytes of a whole map. */
export function mapBytes(map: FeatureMap): number {
  return quadBytes(map) * quadCount(map);
}

/** Where a value lies in a map of `area` pixels, in values of 32 bits. */
export function valueIndex(channel: number, pixel: number, area: number): number {
  return 4 * ((channel >> 2) * area + pixel) + (channel & 3);
}

/** Values of 32 bits of a whole map. */
export function mapLength(map: Omit<FeatureMap, "buffer">): number {
  return 4 * quadCount(map);
}
