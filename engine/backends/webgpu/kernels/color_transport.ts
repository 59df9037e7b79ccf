import { type ColorStatistics, LEAST_VARIANCE } from "../../../objective/color_statistics.ts";
import { cholesky, transpose } from "../../../objective/square_matrix.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./color_transport.wgsl" with { type: "text" };

/** Values of what `colorTransport()` finds. */
export const TRANSPORT = 15;

/**
 * A palette as kernels take it: where the picture's colours are seen from, the palette's mean, and the columns of its
 * covariance's Cholesky factor.
 *
 * @param whole The weights' sum.
 */
export function paletteNumbers({ mean, covariance }: ColorStatistics, whole: number): Float32Array {
  // Where nothing counts the picture has no colours, and their mean is said to be 0.
  const origin = whole === 0 ? [0, 0, 0] : mean;
  return Float32Array.from([...origin, ...mean, ...transpose(cholesky(covariance))]);
}

/**
 * How colours are moved to a palette's.
 *
 * @param whole The weights' sum.
 * @param totals Has the squared distance at `place` then.
 */
export function colorTransport(
  palette: PlannedBuffer,
  sums: PlannedBuffer,
  transport: PlannedBuffer,
  { whole, totals, place }: { readonly whole: number; readonly totals: PlannedBuffer; readonly place: number },
): Dispatch {
  return {
    kernel: "color_transport",
    source,
    variant: { constants: {}, flags: [] },
    numbers: [{ float: 1 / (whole || 1) }, { float: LEAST_VARIANCE }, place],
    buffers: { palette, sums, transport, totals },
    workgroups: [1, 1, 1],
    work: { flops: 2000, bytes: 160 },
  };
}
