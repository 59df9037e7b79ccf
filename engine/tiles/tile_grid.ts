import type { Size } from "../picture.ts";
import { type Axis, cutAxis, cutsOf, type Span } from "./tile_axis.ts";

/** A tile's place. */
export interface Tile {
  readonly x: Span;
  readonly y: Span;
}

/** How a picture is cut into tiles. */
export interface TileGrid {
  /** Of every tile. */
  readonly size: Size;
  /** Rows from the top, each from the left. Their cores cover the picture once. */
  readonly tiles: readonly Tile[];
}

/** Cuts a picture into `columns` × `rows` tiles, or fewer where it is too small for so many. */
export function cutGrid(size: Size, columns: number, rows: number, layer: string): TileGrid {
  return gridOf(cutAxis(size.width, columns, layer), cutAxis(size.height, rows, layer));
}

/** The grid with the smallest tiles. */
export function finestGrid(size: Size, layer: string): TileGrid {
  return gridOf(cutsOf(size.width, layer).at(-1)!, cutsOf(size.height, layer).at(-1)!);
}

/**
 * The grid with the fewest pixels in all its tiles among those that fit.
 *
 * @param fits The smaller the tiles, the sooner it is true.
 * @returns null when none fits.
 */
export function chooseGrid(size: Size, layer: string, fits: (grid: TileGrid) => boolean): TileGrid | null {
  const widths = cutsOf(size.width, layer);
  let best: TileGrid | null = null;
  // The flatter the tiles, the wider they may be: so the widest that fit are looked for from where they were before.
  let widest = widths.length - 1;
  for (const height of cutsOf(size.height, layer)) {
    if (!fits(gridOf(widths[widest]!, height))) continue;
    while (widest > 0 && fits(gridOf(widths[widest - 1]!, height))) widest--;
    const grid = gridOf(widths[widest]!, height);
    if (best === null || pixelsOf(grid) < pixelsOf(best)) best = grid;
  }
  return best;
}

function gridOf(across: Axis, down: Axis): TileGrid {
  return {
    size: { width: across.length, height: down.length },
    tiles: down.spans.flatMap((y) => across.spans.map((x) => ({ x, y }))),
  };
}

function pixelsOf({ size, tiles }: TileGrid): number {
  return size.width * size.height * tiles.length;
}
