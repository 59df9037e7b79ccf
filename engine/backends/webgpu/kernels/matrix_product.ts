import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./matrix_product.wgsl" with { type: "text" };

/** Side of a workgroup: `SIDE` of the kernel. */
const SIDE = 16;

/** The product of two (side × side) matrices. */
export function matrixProduct(
  left: PlannedBuffer,
  right: PlannedBuffer,
  product: PlannedBuffer,
  side: number,
): Dispatch {
  const groups = Math.ceil(side / SIDE);
  return {
    kernel: "matrix_product",
    source,
    variant: { constants: {}, flags: [] },
    numbers: [side],
    buffers: { left, right, product },
    workgroups: [groups, groups, 1],
    work: { flops: 2 * side ** 3, bytes: 12 * side ** 2 },
  };
}
