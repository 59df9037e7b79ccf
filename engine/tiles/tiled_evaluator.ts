import type { Backend, Evaluation, Evaluator, Target, TileEvaluator, TilingBackend } from "../backends/backend.ts";
import { type Taken, targetOf } from "../objective/neighbors.ts";
import {
  deepestLayer,
  elementCount,
  featureBytes,
  featureSize,
  gradientFactor,
  gridLayer,
  type Objective,
  type Term,
} from "../objective/objective.ts";
import type { Picture, Pixels } from "../picture.ts";
import { compareFigures } from "../objective/style_statistic.ts";
import type { Tile, TileGrid } from "./tile_grid.ts";
import { addTile, cropPixels, TileMasks } from "./tile_masks.ts";
import { type Cut, sumOfGrams } from "./tiled_grams.ts";
import { takenIn } from "./tiled_places.ts";

/** Keeps a vanished gradient from being divided by zero, as in the evaluation of a whole picture. */
const SMALLEST_NORM = 1e-8;

/** What a tiled evaluation compares with. */
export interface TiledTargets {
  /** The content picture, of the objective's size: its features are computed tile by tile. */
  readonly content: Picture;
  /** Figures by index of a style term. */
  readonly grams: ReadonlyMap<number, Target>;
  /** By index of a term of neighbours. */
  readonly taken: ReadonlyMap<number, Taken>;
  /** Bytes up to which the content's features are kept from step to step; else they are computed again each time. */
  readonly keptBytes: number;
}

/**
 * The evaluation of a picture in tiles: losses and gradient are those of the whole picture, in the memory of a tile.
 *
 * Two passes: Gram matrices are sums over pixels, so the tiles' add up to the whole's; with them known, each tile's core
 * has its part in the gradient. Galerne et al. (2024), "Scaling Painting Style Transfer", except that here tiles overlap
 * by the receptive field once and not twice, because gradients of overlapping tiles are added up. A third pass finds the
 * norms of the gradients where they are to be normalised.
 */
export class TiledEvaluator implements Evaluator {
  readonly #backend: TilingBackend;
  readonly #objective: Objective;
  readonly #targets: TiledTargets;
  readonly #grid: TileGrid;
  readonly #masks: TileMasks;
  readonly #tiles: TileEvaluator;
  readonly #contentLayers: readonly string[];
  /** Content features by tile. */
  readonly #features = new Map<Tile, Map<string, Target>>();
  readonly #keepsFeatures: boolean;

  private constructor(
    backend: TilingBackend,
    objective: Objective,
    targets: TiledTargets,
    grid: TileGrid,
    masks: TileMasks,
    tiles: TileEvaluator,
  ) {
    this.#backend = backend;
    this.#objective = objective;
    this.#targets = targets;
    this.#grid = grid;
    this.#masks = masks;
    this.#tiles = tiles;
    const content = objective.terms.filter(({ kind }) => kind === "content");
    this.#contentLayers = [...new Set(content.map(({ layer }) => layer))];
    this.#keepsFeatures = grid.tiles.length * featureBytes(grid.size, this.#contentLayers) <= targets.keptBytes;
  }

  static async compile(
    backend: TilingBackend,
    cut: Cut,
    objective: Objective,
    targets: TiledTargets,
  ): Promise<TiledEvaluator> {
    const { size, terms, pooling, moments = false } = objective;
    const grid = cut(size, deepestLayer(terms.flatMap((term) => [term.layer, gridLayer(term)])));
    const masks = new TileMasks(size, terms, objective.masks);
    const tileTerms = terms.map((term) => ({ ...term, mask: term.mask === null ? 0 : term.mask + 1 }));
    const areas = terms.map((term) => masks.area(term));
    const tiles = await backend.compileTiles({ size: grid.size, terms: tileTerms, pooling, moments }, areas);
    return new TiledEvaluator(backend, objective, targets, grid, masks, tiles);
  }

  async evaluate(pixels: Pixels, weights: ArrayLike<number>): Promise<Evaluation> {
    const { terms, normalizeGradients, size } = this.#objective;
    const losses = new Float64Array(terms.length);
    const differences = await this.#gramDifferences(pixels, losses);
    const norms = normalizeGradients ? await this.#norms(pixels, differences) : null;
    const factors = terms.map((term, i) => {
      const { channels } = featureSize(size, term.layer);
      const factor = weights[i]! * gradientFactor(term, channels, this.#masks.area(term), normalizeGradients);
      return norms ? factor / (norms[i]! + SMALLEST_NORM) : factor;
    });
    const gradient = new Float32Array(pixels.length);
    for (const tile of this.#grid.tiles) {
      const targets = await this.#tileTargets(tile, differences);
      const part = await this.#tiles.gradient(this.#input(pixels, tile), targets, factors);
      addTile(gradient, size, part.gradient, tile, this.#grid.size);
      terms.forEach((term, i) => {
        if (term.kind !== "style") losses[i]! += part.sums[i]! / this.#count(term);
      });
    }
    return { losses, gradient };
  }

  async dispose(): Promise<void> {
    this.#features.clear();
    await this.#tiles.dispose();
  }

  /** G − A of each style term, or RᵀR (G − A) RᵀR, and its loss. */
  async #gramDifferences(pixels: Pixels, losses: Float64Array): Promise<Map<number, Target>> {
    const { grams } = this.#targets;
    const differences = new Map<number, Target>();
    if (grams.size === 0) return differences;
    const sums = await sumOfGrams(this.#tiles, this.#grid, this.#masks, pixels);
    const styles = this.#objective.terms.flatMap((term, index) => term.kind === "style" ? [{ term, index }] : []);
    styles.forEach(({ term, index }, i) => {
      const whitener = this.#objective.whiteners?.get(index);
      const { squares, difference } = compareFigures(sums[i]!, grams.get(index)!, whitener);
      losses[index] = squares / this.#count(term);
      differences.set(index, difference);
    });
    return differences;
  }

  async #norms(pixels: Pixels, differences: ReadonlyMap<number, Target>): Promise<Float64Array> {
    const norms = new Float64Array(this.#objective.terms.length);
    for (const tile of this.#grid.tiles) {
      const part = await this.#tiles.norms(this.#input(pixels, tile), await this.#tileTargets(tile, differences));
      part.forEach((norm, i) => norms[i]! += norm);
    }
    return norms;
  }

  async #tileTargets(tile: Tile, differences: ReadonlyMap<number, Target>): Promise<Target[]> {
    const features = await this.#contentFeatures(tile);
    return this.#objective.terms.map(({ kind, layer }, i) => {
      if (kind === "content") return features.get(layer)!;
      return kind === "style" ? differences.get(i)! : this.#neighbors(tile, layer, this.#targets.taken.get(i)!);
    });
  }

  /** Made anew each time: those of the whole picture would take more than a tile does. */
  #neighbors(tile: Tile, layer: string, { places, rows }: Taken): Target {
    return targetOf(this.#grid.size, layer, {
      places: takenIn(places, tile, this.#objective.size, this.#grid.size),
      rows,
    });
  }

  async #contentFeatures(tile: Tile): Promise<Map<string, Target>> {
    const known = this.#features.get(tile);
    if (known) return known;
    const { size, pooling } = this.#objective;
    const pixels = cropPixels(this.#targets.content.rgb, size, tile, this.#grid.size);
    const features = await this.#backend.features(pixels, this.#grid.size, this.#contentLayers, pooling);
    if (this.#keepsFeatures) this.#features.set(tile, features);
    return features;
  }

  #input(pixels: Pixels, tile: Tile) {
    return this.#masks.input(pixels, tile, this.#grid.size);
  }

  /** Over how many values a term is averaged. */
  #count(term: Term): number {
    const { channels } = featureSize(this.#objective.size, term.layer);
    return elementCount(term, channels, this.#masks.area(term));
  }
}

/** Whether a backend can evaluate in tiles. */
export function canTile(backend: Backend): backend is TilingBackend {
  return backend.compileTiles !== undefined;
}
