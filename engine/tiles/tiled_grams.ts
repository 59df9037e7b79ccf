import type { Target, TileEvaluator, TilingBackend } from "../backends/backend.ts";
import { deepestLayer, type Mask, type Term } from "../objective/objective.ts";
import type { Pooling } from "../options/options.ts";
import type { Pixels, Size } from "../picture.ts";
import type { TileGrid } from "./tile_grid.ts";
import { TileMasks } from "./tile_masks.ts";

/** Cuts a picture for features up to a layer. */
export type Cut = (size: Size, layer: string) => TileGrid;

/** `Backend.grams()` in tiles: the same figures, of a picture of any size. */
export async function tiledGrams(
  backend: TilingBackend,
  cut: Cut,
  pixels: Pixels,
  size: Size,
  layers: readonly string[],
  pooling: Pooling,
  mask: Mask | null = null,
  moments = false,
): Promise<Map<string, Target>> {
  if (layers.length === 0) return new Map();
  const terms = layers.map((layer): Term => ({ kind: "style", layer, mask: mask && 0 }));
  const grid = cut(size, deepestLayer(layers));
  const masks = new TileMasks(size, terms, mask ? [mask] : []);
  // Mask 0 of a tile is its core.
  const tileTerms = terms.map((term) => ({ ...term, mask: mask ? 1 : 0 }));
  const evaluator = await backend.compileTiles(
    { size: grid.size, terms: tileTerms, pooling, moments },
    terms.map((term) => masks.area(term)),
  );
  try {
    const sums = await sumOfGrams(evaluator, grid, masks, pixels);
    return new Map(layers.map((layer, i) => [layer, Float32Array.from(sums[i]!)]));
  } finally {
    await evaluator.dispose();
  }
}

/** The style terms' figures of the whole picture, in the order of the terms. */
export async function sumOfGrams(
  evaluator: TileEvaluator,
  grid: TileGrid,
  masks: TileMasks,
  pixels: Pixels,
): Promise<Float64Array[]> {
  let sums: Float64Array[] | undefined;
  for (const tile of grid.tiles) {
    const grams = await evaluator.grams(masks.input(pixels, tile, grid.size));
    sums ??= grams.map(({ length }) => new Float64Array(length));
    grams.forEach((gram, i) => gram.forEach((value, k) => sums![i]![k]! += value));
  }
  return sums!;
}
