import { candidateBytes, forwardBytes, neighborBytes, parameterBytes, placeBytes, stepBytes } from "./memory.ts";
import { PLACE_LAYER } from "../objective/neighbors.ts";
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
/** What a tile's neighbours are compared with, as it is made and as the backend has it; the last tile's until it is collected. */
const TARGET_COPIES = 4;
/** Features of a tile's places as the backend gives them, of its core alone, and what those are searched by. */
const PLACE_COPIES = 3;
/** Features of the style's places, what they are searched by, and that of one style after the other before it is joined. */
const CANDIDATE_COPIES = 3;

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
  const matches = options.styleMatch === "NEIGHBORS" && styles.length > 0;
  const last = deepestLayer([...content, ...styles, ...matches ? [PLACE_LAYER] : []]);
  const keptOf = ({ size, tiles }: TileGrid) => tiles.length * featureBytes(size, content);
  // Unlike the targets of a whole picture, a tile's forward passes have graphs, with parameters of their own, beside the step's.
  const passBytes = (tile: Size, layer: string) => forwardBytes(tile, layer) + parameterBytes(layer);
  const searchBytes = (tile: Size) => passBytes(tile, deepestLayer(styles)) + PLACE_COPIES * placeBytes(tile, styles);
  const evaluationBytes = (tile: Size, keeps: boolean) =>
    stepBytes(tile, last, content) +
    (matches ? TARGET_COPIES * neighborBytes(tile, styles) : 0) +
    (styles.length > 0 ? passBytes(tile, deepestLayer(styles)) : 0) +
    (content.length > 0 && !keeps ? passBytes(tile, deepestLayer(content)) : 0) +
    maskBytes(tile, [...content, ...styles]);
  const tileBytes = (tile: Size, keeps: boolean) =>
    matches ? Math.max(searchBytes(tile), evaluationBytes(tile, keeps)) : evaluationBytes(tile, keeps);
  const candidates = matches ? CANDIDATE_COPIES * candidateBytes(styles) : 0;
  const holds = ({ size }: TileGrid) => largestMapBytes(size, last) <= largestMap;
  for (const keeps of [true, false]) {
    const most = keeps ? bytes / 2 : 0;
    const total = (grid: TileGrid) => tileBytes(grid.size, keeps) + (keeps ? keptOf(grid) : 0) + candidates;
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
