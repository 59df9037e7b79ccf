import { type FeatureMap, quadsOf } from "../feature_map.ts";

/** How a workgroup of `conv_tiles.wgsl` is laid out. */
export interface ConvTile {
  /** Invocations in a row, and rows of them. */
  readonly width: number;
  readonly lanes: number;
  /** Pixels below one another, and quads, that an invocation computes. */
  readonly rows: number;
  readonly each: number;
  /** Quads of the workgroup. */
  readonly quads: number;
}

/**
 * How long a computed pixel takes in a layout beside the plain one, by the channels that a convolution gives out and the
 * layout's name.
 */
export type TileCosts = ReadonlyMap<number, ReadonlyMap<string, number>>;

/** The layout that others are compared with. */
export const PLAIN_TILE: ConvTile = { width: 16, lanes: 2, rows: 8, each: 1, quads: 8 };

/** Layouts that may be taken without a measurement, the preferred ones first. */
export const COUNTED_TILES: readonly ConvTile[] = [
  PLAIN_TILE,
  { width: 16, lanes: 1, rows: 8, each: 1, quads: 8 },
  { width: 8, lanes: 1, rows: 8, each: 1, quads: 8 },
];

/**
 * All layouts. They sum in the same order, so that each gives the same bytes; which is the fastest depends on how many
 * registers a GPU has, and how much of what a workgroup shares. Each keeps within what every device has: 256 invocations,
 * and 16 KiB for their workgroup.
 */
export const CONV_TILES: readonly ConvTile[] = [
  ...COUNTED_TILES,
  { width: 16, lanes: 2, rows: 8, each: 2, quads: 8 },
  { width: 16, lanes: 2, rows: 4, each: 2, quads: 8 },
  { width: 16, lanes: 2, rows: 4, each: 1, quads: 8 },
  { width: 8, lanes: 2, rows: 8, each: 2, quads: 8 },
  { width: 32, lanes: 1, rows: 8, each: 1, quads: 8 },
];

/** Names a layout where measurements are kept. */
export function tileName({ width, lanes, rows, each, quads }: ConvTile): string {
  return [width, lanes, rows, each, quads].join("x");
}

/** The layout that is the fastest as far as it was measured, or else computes the fewest pixels outside the picture. */
export function chooseTile(to: Omit<FeatureMap, "buffer">, costs: TileCosts): ConvTile {
  const measured = costs.get(to.channels);
  const time = (tile: ConvTile) => computedPixels(to, tile) * (measured?.get(tileName(tile)) ?? 1);
  const tiles = measured ? CONV_TILES.filter((tile) => measured.has(tileName(tile))) : COUNTED_TILES;
  const tile = tiles.reduce((best, each) => time(each) < time(best) ? each : best);
  return tile.each > 1 ? tile : { ...tile, quads: Math.min(tile.quads, quadsOf(to.channels)) };
}

/** Pixels that are computed for a map's, in whole workgroups. */
export function computedPixels({ width, height }: Omit<FeatureMap, "buffer">, tile: ConvTile): number {
  return roundUp(width, tile.width) * roundUp(height, tile.rows * tile.lanes);
}

function roundUp(value: number, multiple: number): number {
  return multiple * Math.ceil(value / multiple);
}
