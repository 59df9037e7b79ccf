import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./matrix_product.wgsl" with { type: "text" };

/** Quads of a workgroup's block: `BLOCK` of the kernel. */
const BLOCK = 16;

/**
 * The product of two (side × side) matrices.
 *
 * @param side A multiple of 4, as all layers' channels are.
 */
export function matrixProduct(
  left: PlannedBuffer,
  right: PlannedBuffer,
  product: PlannedBuffer,
  side: number,
): Dispatch {
  const groups = Math.ceil(side / (4 * BLOCK));
  return {
    kernel: "matrix_product",
    source,
    variant: { constants: {}, flags: [] },
    numbers: [side / 4],
    buffers: { left, right, product },
    workgroups: [groups, groups, 1],
    work: { flops: 2 * side ** 3, bytes: 12 * side ** 2 },
  };
}
