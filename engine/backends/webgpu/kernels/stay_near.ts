import type { Dispatch, PlannedBuffer } from "../plan.ts";
import type { Pulled } from "./color_pull.ts";
import { EACH, groupCount, partsOf, THREADS } from "./elementwise.ts";
import { reduce } from "./reduce.ts";
import source from "./stay_near.wgsl" with { type: "text" };
import sumSource from "./sum.wgsl" with { type: "text" };

/**
 * Adds the gradient of Σ c · (x − w)², times its factor, and sums that up.
 *
 * @param wanted w, three values a pixel.
 * @param visible c, of each pixel.
 * @param parts As many as `partsOf()` the pixels.
 * @param totals Has the sum at `place` then.
 */
export function stayNear(
  { factors, term, picture, along }: Pulled,
  { wanted, visible }: { readonly wanted: PlannedBuffer; readonly visible: PlannedBuffer },
  parts: PlannedBuffer,
  { totals, place }: { readonly totals: PlannedBuffer; readonly place: number },
): Dispatch[] {
  const pixels = along.width * along.height;
  return [
    {
      kernel: "stay_near",
      source: sumSource + source,
      variant: { constants: { THREADS, EACH }, flags: [] },
      numbers: [pixels, term],
      buffers: { factors, wanted, visible, picture, along: along.buffer, parts },
      workgroups: partsOf(pixels),
      work: { flops: 18 * pixels, bytes: (12 + 4 + 12 + 32) * pixels },
    },
    reduce(parts, groupCount(partsOf(pixels)), totals, { to: place }),
  ];
}
