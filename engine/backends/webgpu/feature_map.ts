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

/** Values of 32 bits of a whole map. */
export function mapLength(map: Omit<FeatureMap, "buffer">): number {
  return 4 * quadCount(map);
}
