import { type FeatureMap, mapBytes, quadsOf } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./gram.wgsl" with { type: "text" };

/** Quads of a block: `BLOCK` of the kernel. */
const BLOCK = 16;
/** Pixels of a span, at least: so few that a sum in float32 over them loses nothing that counts. */
const SMALLEST_SPAN = 1024;
/** Bytes of all spans' sums, at most. */
const MOST_BYTES = 2 ** 26;

/** How many spans the pixels of a map are divided into, and how many pixels each has. */
export function spansOf({ width, height, channels }: FeatureMap): { readonly spans: number; readonly span: number } {
  const area = width * height;
  const most = Math.floor(MOST_BYTES / (4 * (4 * quadsOf(channels)) ** 2));
  const span = Math.max(SMALLEST_SPAN, Math.ceil(area / most));
  return { spans: Math.ceil(area / span), span };
}

/**
 * Σ F Fᵀ over each span of pixels, without the blocks below the diagonal.
 *
 * @param mask A factor per pixel, by which F is multiplied.
 */
export function gram(features: FeatureMap, grams: PlannedBuffer, mask?: PlannedBuffer): Dispatch {
  const quads = quadsOf(features.channels);
  const blocks = Math.ceil(quads / BLOCK);
  const pairs = (blocks * (blocks + 1)) / 2;
  const area = features.width * features.height;
  const { spans, span } = spansOf(features);
  return {
    kernel: "gram",
    source,
    variant: { constants: {}, flags: [mask ? "MASK" : "WHOLE"] },
    numbers: [area, quads, span],
    buffers: { features: features.buffer, grams, ...(mask ? { mask } : {}) },
    workgroups: [pairs, spans, 1],
    work: {
      flops: 2 * pairs * (4 * BLOCK) ** 2 * area,
      bytes: mapBytes(features) + 64 * spans * quads ** 2,
    },
  };
}
