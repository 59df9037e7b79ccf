import { type FeatureMap, mapBytes, quadsOf } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { channelProduct, channelProductGroups, EACH_PIXELS } from "./channel_product.ts";
import { convDispatch, type ConvOutput, outputBytes } from "./conv_output.ts";
import { groupsFor, THREADS } from "./elementwise.ts";
import enterSource from "./winograd_enter.wgsl" with { type: "text" };
import leaveSource from "./winograd_leave.wgsl" with { type: "text" };
import productSource from "./winograd_product.wgsl" with { type: "text" };

/** Pixels of a side of a tile, of what it is computed from, and places in the latter. */
export const TILE_SIDE = 4;
const FROM_SIDE = 6;
export const PLACES = FROM_SIDE ** 2;

/** Some rows of a map's tiles. */
export interface TileRows {
  readonly first: number;
  readonly rows: number;
}

/** What lies between the three calls, by place in a tile, quad and tile. */
export interface Between {
  /** Of the input's quads. */
  readonly values: PlannedBuffer;
  /** Of the output's. */
  readonly products: PlannedBuffer;
}

/** Tiles of a row. */
export function tilesAcross({ width }: { readonly width: number }): number {
  return Math.ceil(width / TILE_SIDE);
}

/**
 * Some rows of tiles of a 3×3 SAME convolution: F(4×4, 3×3) of Lavin and Gray (2016), "Fast algorithms for convolutional
 * neural networks", with a quarter of the multiplications.
 *
 * @param weights As `packWinograd()` has them.
 */
export function winograd(
  from: FeatureMap,
  weights: PlannedBuffer,
  to: FeatureMap,
  output: ConvOutput,
  { values, products }: Between,
  { first, rows }: TileRows,
): Dispatch[] {
  const across = tilesAcross(to);
  const tiles = across * rows;
  const [inQuads, outQuads] = [quadsOf(from.channels), quadsOf(to.channels)];
  const between = (quads: number) => 16 * PLACES * quads * tiles;
  const share = rows / Math.ceil(to.height / TILE_SIDE);
  return [
    {
      kernel: "winograd_enter",
      source: enterSource,
      variant: { constants: { THREADS }, flags: [] },
      numbers: [from.width, from.height, inQuads, across, first, tiles, FROM_SIDE],
      buffers: { x: from.buffer, values },
      workgroups: groupsFor(inQuads * tiles),
      work: { flops: 4 * 12 * 12 * inQuads * tiles, bytes: share * mapBytes(from) + between(inQuads) },
    },
    {
      kernel: "winograd_product",
      source: channelProduct(productSource),
      variant: { constants: {}, flags: [] },
      numbers: [tiles, outQuads, inQuads, EACH_PIXELS],
      buffers: { transformed: values, weights, products },
      workgroups: channelProductGroups(outQuads, tiles, PLACES),
      work: {
        flops: 2 * PLACES * 16 * inQuads * outQuads * tiles,
        bytes: between(inQuads) + between(outQuads) + 64 * PLACES * inQuads * outQuads,
      },
    },
    convDispatch(from, to, output, {
      kernel: "winograd_leave",
      source: leaveSource,
      constants: { THREADS },
      numbers: [across, first, tiles, FROM_SIDE, TILE_SIDE],
      workgroups: groupsFor(outQuads * tiles),
      reads: { products },
      work: {
        flops: 4 * 10 * 12 * outQuads * tiles,
        bytes: between(outQuads) + share * outputBytes(to, to, to.channels, output),
      },
    }),
  ];
}
