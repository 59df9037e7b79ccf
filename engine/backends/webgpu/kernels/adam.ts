import type { Size } from "../../../picture.ts";
import type { FeatureMap } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { groupsFor, THREADS } from "./elementwise.ts";
import source from "./adam.wgsl" with { type: "text" };
import progressSource from "./progress.wgsl" with { type: "text" };
import sumSource from "./sum.wgsl" with { type: "text" };
import variation from "./variation.wgsl" with { type: "text" };

/** A picture and its moments, first and second of each value side by side. */
export interface Moving {
  readonly picture: PlannedBuffer;
  readonly moments: PlannedBuffer;
}

/** By step: β₁, 1 − β₁, β₂, 1 − β₂, its learning rate and correction, ε, factor of total variation's gradient. */
export const RATES = 8;

/**
 * One step of Adam: the next one by `progress`, see `record()`.
 *
 * @param parts Twice as many as there are workgroups: of the sum of squared differences, then of the gradient's L1 norm.
 */
export function adam(
  gradient: FeatureMap,
  { rates, progress }: { readonly rates: PlannedBuffer; readonly progress: PlannedBuffer },
  from: Moving,
  to: Moving,
  parts: PlannedBuffer,
): Dispatch {
  const { width, height } = gradient;
  return {
    kernel: "adam",
    source: variation + progressSource + sumSource + source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [width, height],
    buffers: {
      rates,
      along: gradient.buffer,
      picture: from.picture,
      moments: from.moments,
      moved_picture: to.picture,
      moved_moments: to.moments,
      parts,
      progress,
    },
    workgroups: adamGroups(gradient),
    work: { flops: 60 * width * height, bytes: width * height * (16 + 2 * 12 + 2 * 24) },
  };
}

/** Workgroups for a picture. */
export function adamGroups({ width, height }: Size): readonly [number, number, number] {
  return groupsFor(width * height);
}
