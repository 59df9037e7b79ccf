/**
 * Where a scale takes its targets from and what evaluates it: the whole picture at once, or tile by tile.
 *
 * @module
 */
import type { Backend, Evaluator, Target, TilingBackend } from "../backends/backend.ts";
import { type Places, placeSize, type Taken, targetOf } from "../objective/neighbors.ts";
import type { Mask, Objective } from "../objective/objective.ts";
import type { Pooling } from "../options/options.ts";
import { type Picture, type Pixels, type Size, toPixels } from "../picture.ts";
import { trace } from "../objective/square_matrix.ts";
import { TiledEvaluator } from "./tiled_evaluator.ts";
import { type Cut, tiledGrams } from "./tiled_grams.ts";
import { type PlacesPart, tiledPlaces } from "./tiled_places.ts";

/** What a scale asks for, about one content picture of its size. */
export interface TargetSource {
  /** Mean square of the content's features at each of `layers`. */
  energies(layers: readonly string[]): Promise<Map<string, number>>;
  /**
   * Gram matrices of a style picture at `layers`, of the part that a mask leaves where there is one, with the channels'
   * means where moments are compared.
   */
  grams(
    pixels: Pixels,
    size: Size,
    layers: readonly string[],
    mask: Mask | null,
    moments: boolean,
  ): Promise<Map<string, Target>>;
  /** The same of the content picture. */
  contentGrams(layers: readonly string[], mask: Mask | null, moments: boolean): Promise<Map<string, Target>>;
  /** Features of a picture's places at `layers`, a part of them at a time; they can be gone through again. */
  places(pixels: Pixels, size: Size, layers: readonly string[]): AsyncIterable<PlacesPart>;
  /** See `Backend.nearest()`. */
  nearest: Backend["nearest"];
  /** Content terms are compared with the content picture, all others with `targets`. */
  compile(objective: Objective, targets: TermTargets): Promise<Evaluator>;
}

/** What terms are compared with, by their index. */
export interface TermTargets {
  /** Of style terms. */
  readonly grams: ReadonlyMap<number, Target>;
  /** Of neighbours. */
  readonly taken: ReadonlyMap<number, Taken>;
}

/** The whole picture at once. */
export class WholeSource implements TargetSource {
  readonly #backend: Backend;
  readonly #content: Picture;
  readonly #pooling: Pooling;
  /** From the energies to the compilation, which want the same. */
  #features: Map<string, Target> | null = null;

  constructor(backend: Backend, content: Picture, pooling: Pooling) {
    this.#backend = backend;
    this.#content = content;
    this.#pooling = pooling;
  }

  async energies(layers: readonly string[]): Promise<Map<string, number>> {
    const features = this.#features = await this.#see(layers);
    return new Map(layers.map((layer) => [layer, meanSquare(features.get(layer)!)]));
  }

  grams(pixels: Pixels, size: Size, layers: readonly string[], mask: Mask | null, moments: boolean) {
    return this.#backend.grams(pixels, size, layers, this.#pooling, mask, moments);
  }

  contentGrams(layers: readonly string[], mask: Mask | null, moments: boolean) {
    return this.grams(toPixels(this.#content), this.#content, layers, mask, moments);
  }

  places(pixels: Pixels, size: Size, layers: readonly string[]): AsyncIterable<PlacesPart> {
    const [backend, pooling] = [this.#backend, this.#pooling];
    const { width, height } = placeSize(size);
    const at = Array.from({ length: width * height }, (_, place) => place);
    let places: Promise<Places> | undefined;
    return {
      async *[Symbol.asyncIterator]() {
        places ??= backend.places(pixels, size, layers, pooling);
        yield { at, places: await places };
      },
    };
  }

  nearest(...search: Parameters<Backend["nearest"]>): Promise<Int32Array> {
    return this.#backend.nearest(...search);
  }

  async compile(objective: Objective, { grams, taken }: TermTargets): Promise<Evaluator> {
    const content = objective.terms.filter(({ kind }) => kind === "content");
    const features = this.#features ?? await this.#see(content.map(({ layer }) => layer));
    this.#features = null;
    return await this.#backend.compile(
      objective,
      objective.terms.map(({ kind, layer }, i) => {
        if (kind === "content") return features.get(layer)!;
        return kind === "style" ? grams.get(i)! : targetOf(objective.size, layer, taken.get(i)!);
      }),
    );
  }

  #see(layers: readonly string[]): Promise<Map<string, Target>> {
    return this.#backend.features(toPixels(this.#content), this.#content, layers, this.#pooling);
  }
}

/** Tile by tile, for pictures that are too large for the memory there is. */
export class TiledSource implements TargetSource {
  readonly #backend: TilingBackend;
  readonly #content: Picture;
  readonly #pooling: Pooling;
  readonly #cut: Cut;
  readonly #keptBytes: number;

  /** @param keptBytes See `TiledTargets`. */
  constructor(backend: TilingBackend, content: Picture, pooling: Pooling, cut: Cut, keptBytes: number) {
    this.#backend = backend;
    this.#content = content;
    this.#pooling = pooling;
    this.#cut = cut;
    this.#keptBytes = keptBytes;
  }

  async energies(layers: readonly string[]): Promise<Map<string, number>> {
    const grams = await this.contentGrams(layers, null, false);
    // A Gram matrix' trace is the mean square of the features that it is made of.
    return new Map([...grams].map(([layer, gram]) => [layer, trace(gram)]));
  }

  grams(pixels: Pixels, size: Size, layers: readonly string[], mask: Mask | null, moments: boolean) {
    return tiledGrams(this.#backend, this.#cut, pixels, size, layers, this.#pooling, mask, moments);
  }

  contentGrams(layers: readonly string[], mask: Mask | null, moments: boolean) {
    return this.grams(toPixels(this.#content), this.#content, layers, mask, moments);
  }

  places(pixels: Pixels, size: Size, layers: readonly string[]): AsyncIterable<PlacesPart> {
    return {
      [Symbol.asyncIterator]: () => tiledPlaces(this.#backend, this.#cut, pixels, size, layers, this.#pooling),
    };
  }

  nearest(...search: Parameters<Backend["nearest"]>): Promise<Int32Array> {
    return this.#backend.nearest(...search);
  }

  compile(objective: Objective, targets: TermTargets): Promise<Evaluator> {
    const all = { ...targets, content: this.#content, keptBytes: this.#keptBytes };
    return TiledEvaluator.compile(this.#backend, this.#cut, objective, all);
  }
}

/** The mean of the squares. */
function meanSquare(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum / values.length;
}
