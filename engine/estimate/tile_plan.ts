import { forwardBytes, stepBytes } from "./memory.ts";
import { deepestLayer, featureBytes, featureSize, largestMapBytes } from "../objective/objective.ts";
import type { TransferOptions } from "../options/options.ts";
import type { Size } from "../picture.ts";
import { chooseGrid, finestGrid, type TileGrid } from "../tiles/tile_grid.ts";
import type { Cut } from "../tiles/tiled_grams.ts";

/** How a picture is evaluated in tiles within some memory. */
export interface TilePlan {
  readonly grid: TileGrid;
  /** Cuts any picture so that a tile takes no more memory than one of `grid`, or as little as tiles of it can. */
  readonly cut: Cut;
  /** Bytes of content features to be kept from step to step; 0 when they are computed again in every step. */
  readonly keptBytes: number;
  /** At the peak, beside the process and the optimiser. */
  readonly bytes: number;
}

/** A mask's values are repeated for each of this many channels. */
const MASK_CHANNELS = 16;

/**
 * Plans the tiles of a picture.
 *
 * The content's features are kept where they leave half of the memory to the tiles: without them a step takes a third
 * forward pass, but smaller tiles overlap more.
 *
 * @param bytes What tiles and features may take.
 * @param largestMap Bytes of the largest feature map that a device can hold.
 * @returns null where they cannot do with so little.
 */
export function planTiles(
  size: Size,
  options: TransferOptions,
  bytes: number,
  largestMap = Infinity,
): TilePlan | null {
  const content = options.contentLayers.map(({ layer }) => layer);
  const styles = options.styleLayers.map(({ layer }) => layer);
  const last = deepestLayer([...content, ...styles]);
  const keptOf = ({ size, tiles }: TileGrid) => tiles.length * featureBytes(size, content);
  const tileBytes = (tile: Size, keeps: boolean) =>
    stepBytes(tile, last, content) +
    (styles.length > 0 ? forwardBytes(tile, deepestLayer(styles)) : 0) +
    (content.length > 0 && !keeps ? forwardBytes(tile, deepestLayer(content)) : 0) +
    maskBytes(tile, [...content, ...styles]);
  const holds = ({ size }: TileGrid) => largestMapBytes(size, last) <= largestMap;
  for (const keeps of [true, false]) {
    const most = keeps ? bytes / 2 : 0;
    const total = (grid: TileGrid) => tileBytes(grid.size, keeps) + (keeps ? keptOf(grid) : 0);
    const grid = chooseGrid(
      size,
      last,
      (grid) => holds(grid) && total(grid) <= bytes && (!keeps || keptOf(grid) <= most),
    );
    if (!grid) continue;
    const largest = tileBytes(grid.size, keeps);
    const cut = (size: Size, layer: string) =>
      chooseGrid(size, layer, (other) => holds(other) && tileBytes(other.size, keeps) <= largest) ??
        finestGrid(size, layer);
    return { grid, cut, keptBytes: keeps ? keptOf(grid) : 0, bytes: total(grid) };
  }
  return null;
}

/** One mask for each layer, and the last tile's until it is collected. */
function maskBytes(tile: Size, layers: readonly string[]): number {
  return [...new Set(layers)].reduce((sum, layer) => {
    const { width, height } = featureSize(tile, layer);
    return sum + 2 * 4 * MASK_CHANNELS * width * height;
  }, 0);
}
