/**
 * How a picture is cut into tiles. Every tile has a core, which it alone answers for, and around it a margin from which
 * the core's features come. All tiles have one size, for one compiled graph to serve them all.
 *
 * @module
 */
import type { Size } from "../picture.ts";
import { layersUpTo } from "../vgg16.ts";

/** One axis of a tile, in pixels: the tile from `start`, its core from `coreStart` to `coreEnd` (exclusive). */
export interface Span {
  readonly start: number;
  readonly coreStart: number;
  readonly coreEnd: number;
}

/** One axis of a grid. */
export interface Axis {
  /** Length of every tile. */
  readonly length: number;
  readonly spans: readonly Span[];
}

/** A tile's place. */
export interface Tile {
  readonly x: Span;
  readonly y: Span;
}

export interface TileGrid {
  /** Of every tile. */
  readonly size: Size;
  /** Rows from the top, each from the left. Their cores cover the picture once. */
  readonly tiles: readonly Tile[];
}

/** Pixels from one value of `layer` to the next: what the borders of tiles and cores are multiples of. */
export function strideOf(layer: string): number {
  return 2 ** layersUpTo(layer).filter(({ kind }) => kind === "pool").length;
}

/**
 * How far beyond a core the picture is seen by the features of `layer` inside it, as a multiple of the layer's stride.
 * Zeros and cut-off pools at the border of a tile reach no farther inwards either, so the core's features are exact.
 */
export function marginOf(layer: string): number {
  let [reach, stride] = [0, 1];
  for (const { kind } of layersUpTo(layer)) {
    if (kind === "conv") reach += stride;
    else stride *= 2;
  }
  return Math.ceil(reach / stride) * stride;
}

/**
 * Cuts an axis into at most `count` tiles.
 *
 * Tiles begin at multiples of the stride, where whole windows of all pools begin. Their length leaves the same remainder
 * as the whole axis, so that the last tile ends where the picture does; the others end somewhere in a window, which
 * spoils no more than their margin.
 */
export function cutAxis(length: number, count: number, layer: string): Axis {
  const [stride, margin] = [strideOf(layer), marginOf(layer)];
  if (count === 1) return { length, spans: [{ start: 0, coreStart: 0, coreEnd: length }] };
  // With steps of whole strides the shortest tiles would have this length.
  const shortest = Math.max(stride, Math.floor((length - 2 * margin) / count / stride) * stride);
  for (let tile = 2 * margin + shortest + length % stride; tile < length; tile += stride) {
    const step = Math.floor((tile - 2 * margin) / stride) * stride;
    if (step * (count - 1) < length - tile) continue;
    const starts = [...new Set(Array.from({ length: count }, (_, i) => Math.min(i * step, length - tile)))];
    return {
      length: tile,
      spans: starts.map((start, i) => ({
        start,
        coreStart: i === 0 ? 0 : start + margin,
        coreEnd: i === starts.length - 1 ? length : starts[i + 1]! + margin,
      })),
    };
  }
  return cutAxis(length, 1, layer);
}

/** Cuts a picture into `columns` × `rows` tiles, or fewer where it is too small for so many. */
export function cutGrid(size: Size, columns: number, rows: number, layer: string): TileGrid {
  return gridOf(cutAxis(size.width, columns, layer), cutAxis(size.height, rows, layer));
}

function gridOf(across: Axis, down: Axis): TileGrid {
  return {
    size: { width: across.length, height: down.length },
    tiles: down.spans.flatMap((y) => across.spans.map((x) => ({ x, y }))),
  };
}

/** Cores narrower than this, or than the margin, are not worth their overlap. */
const NARROWEST_CORE = 64;

/**
 * The grid with the fewest pixels in all its tiles among those that fit.
 *
 * @param fits The smaller the tiles, the sooner it is true.
 * @returns null when none fits.
 */
export function chooseGrid(size: Size, layer: string, fits: (grid: TileGrid) => boolean): TileGrid | null {
  const across = axes(size.width, layer);
  const down = axes(size.height, layer);
  let best: TileGrid | null = null;
  let columns = across.length - 1;
  for (const rows of down) {
    // The flatter the tiles, the wider they may be.
    let grid = gridOf(across[columns]!, rows);
    if (!fits(grid)) continue;
    while (columns > 0) {
      const wider = gridOf(across[columns - 1]!, rows);
      if (!fits(wider)) break;
      grid = wider;
      columns--;
    }
    if (!best || pixelsOf(grid) < pixelsOf(best)) best = grid;
  }
  return best;
}

/** The grid with the smallest tiles. */
export function finestGrid(size: Size, layer: string): TileGrid {
  return gridOf(axes(size.width, layer).at(-1)!, axes(size.height, layer).at(-1)!);
}

/** All ways to cut an axis that are worth it, from long tiles to short ones. */
function axes(length: number, layer: string): Axis[] {
  const most = Math.max(1, Math.floor(length / Math.max(NARROWEST_CORE, marginOf(layer))));
  return Array.from({ length: most }, (_, i) => cutAxis(length, i + 1, layer));
}

function pixelsOf({ size, tiles }: TileGrid): number {
  return size.width * size.height * tiles.length;
}
