import accumulate from "./accumulate.wgsl" with { type: "text" };
import core from "./channel_product.wgsl" with { type: "text" };

/** Pixels and quads of a workgroup: `PIXELS` and `QUADS` of the kernel. */
const PIXELS = 128;
const QUADS = 8;
/** Pixels of an invocation. */
export const EACH_PIXELS = 8;

/** The kernel that `source` completes. */
export function channelProduct(source: string): string {
  return accumulate + core + source;
}

/** Workgroups for so many pixels of so many quads, in so many planes. */
export function channelProductGroups(quads: number, area: number, planes = 1): readonly [number, number, number] {
  return [Math.ceil(quads / QUADS), Math.ceil(area / PIXELS), planes];
}

/** Pixels that are computed for so many, in whole workgroups. */
export function channelProductPixels(area: number): number {
  return PIXELS * Math.ceil(area / PIXELS);
}
