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
  for (let tile = 2 * margin + stride + length % stride; tile < length; tile += stride) {
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
  const across = cutAxis(size.width, columns, layer);
  const down = cutAxis(size.height, rows, layer);
  return {
    size: { width: across.length, height: down.length },
    tiles: down.spans.flatMap((y) => across.spans.map((x) => ({ x, y }))),
  };
}

/**
 * The grid with the fewest pixels in all its tiles among those that fit.
 *
 * @returns null when none fits.
 */
export function chooseGrid(size: Size, layer: string, fits: (grid: TileGrid) => boolean): TileGrid | null {
  let best: TileGrid | null = null;
  const pixels = ({ size, tiles }: TileGrid) => size.width * size.height * tiles.length;
  const most = (length: number) => Math.ceil(length / strideOf(layer));
  for (let rows = 1; rows <= most(size.height); rows++) {
    // With more columns, tiles get smaller until they fit; beyond that there is only more overlap.
    for (let columns = 1; columns <= most(size.width); columns++) {
      const grid = cutGrid(size, columns, rows, layer);
      if (!fits(grid)) continue;
      if (!best || pixels(grid) < pixels(best)) best = grid;
      break;
    }
    if (best && cutAxis(size.height, rows, layer).length <= 4 * marginOf(layer)) break;
  }
  return best;
}
