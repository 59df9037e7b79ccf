import type { Size } from "../../../picture.ts";
import { type FeatureMap, quadCount } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { groupsFor, THREADS } from "./elementwise.ts";
import source from "./enter.wgsl" with { type: "text" };

/**
 * The picture to quads, minus the mean.
 *
 * @param picture Three values a pixel.
 * @param mean RGB.
 */
export function enter(picture: PlannedBuffer, to: FeatureMap, mean: readonly [number, number, number]): Dispatch {
  const pixels = quadCount(to);
  return {
    kernel: "enter",
    source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [pixels, ...mean.map((float) => ({ float }))],
    buffers: { picture, quads: to.buffer },
    workgroups: groupsFor(pixels),
    work: { flops: 0, bytes: pixels * (12 + 16) },
  };
}

/** Values of a picture. */
export function pictureLength({ width, height }: Size): number {
  return 3 * width * height;
}
