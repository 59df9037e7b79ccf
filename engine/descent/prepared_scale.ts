/**
 * One scale of a schedule: the objective at its size, its targets, and the weights that turn term losses into a total.
 *
 * @module
 */
import { GramcastError } from "../../errors.ts";
import type { Backend, Evaluator } from "../backends/backend.ts";
import type { DeviceOptimizer, MovingExtras } from "../backends/device_optimizer.ts";
import { planScale } from "../estimate/estimate.ts";
import type { OptimisationInput, Resize } from "./input.ts";
import { comparesMoments, type LossTerm, lossTerms } from "./loss_terms.ts";
import { type PaletteTerm, paletteTerms } from "./palette_terms.ts";
import { type LayerLoss, type Losses, PALETTE } from "../objective/losses.ts";
import type { Objective } from "../objective/objective.ts";
import type { PixelTerm } from "../objective/pixel_term.ts";
import type { OptimizerState } from "../optimizers/optimizer.ts";
import type { OptimizerOptions, Scale, TransferOptions } from "../options/options.ts";
import { atLargestStyle } from "../options/style_side.ts";
import { type Pixels, type Size, toPixels } from "../picture.ts";
import { type TargetSource, TiledSource, WholeSource } from "../tiles/target_source.ts";
import { canTile } from "../tiles/tiled_evaluator.ts";
import { downscaleMask } from "../objective/masks.ts";
import { temporalTerm } from "../objective/temporal.ts";
import { addTotalVariation } from "../objective/total_variation.ts";

/** The weights that may change while a transfer runs. */
export interface LossWeights {
  readonly contentWeight: number;
  readonly styleWeight: number;
  readonly tvWeight: number;
}

/** What a transfer has to get along with. */
export interface Limits {
  /** Of the whole process; left out: as much as it takes. */
  readonly memoryBytes?: number | undefined;
}

/** Loss and gradient at a picture, weighted. */
interface ScaleEvaluation {
  readonly losses: Losses;
  readonly gradient: Float32Array;
}

/** What of the start picture is to be kept, and how much that counts. */
interface KeptTerm {
  readonly term: PixelTerm;
  readonly weight: number;
}

/** A scale that is ready to be evaluated. */
export class PreparedScale {
  readonly scale: Scale;
  readonly #evaluator: Evaluator;
  readonly #terms: readonly LossTerm[];
  readonly #palette: readonly PaletteTerm[];
  readonly #unweighted: readonly LayerLoss[];
  readonly #kept: KeptTerm | null;

  private constructor(
    scale: Scale,
    evaluator: Evaluator,
    terms: readonly LossTerm[],
    palette: readonly PaletteTerm[],
    unweighted: readonly LayerLoss[],
    kept: KeptTerm | null,
  ) {
    this.scale = scale;
    this.#evaluator = evaluator;
    this.#terms = terms;
    this.#palette = palette;
    this.#unweighted = unweighted;
    this.#kept = kept;
  }

  /**
   * Takes the targets from the pictures at the scale's size and compiles the objective. What takes more memory than the
   * limits allow is evaluated in tiles, where that takes less and the backend can.
   *
   * @param begun The picture that the scale begins with, for neighbours to be looked for; null at the first.
   * @throws {GramcastError} BAD_USER_INPUT when nothing has any weight.
   */
  static async prepare(
    backend: Backend,
    resize: Resize,
    asked: OptimisationInput,
    scale: Scale,
    limits: Limits = {},
    begun: Pixels | null = null,
  ): Promise<PreparedScale> {
    const input = whatWeighs(asked);
    const source = await openSource(backend, resize, input, scale, limits);
    const terms = await lossTerms(source, resize, input, scale, begun);
    if (terms.length === 0) {
      throw new GramcastError(
        "BAD_USER_INPUT",
        "Cannot start without a loss: every style has weight 0, wanted one above",
        { field: "styles.0.weight" },
      );
    }
    const palette = await paletteTerms(resize, input, scale);
    const evaluator = await source.compile(
      objectiveOf(terms, scale, input.options),
      {
        grams: byIndex(terms, ({ figures }) => figures),
        taken: byIndex(terms, ({ taken }) => taken ?? null),
      },
    );
    const kept = await keptTerm(resize, input, scale);
    return new PreparedScale(scale, evaluator, terms, palette, unweighted(asked, input), kept);
  }

  async evaluate(pixels: Pixels, weights: LossWeights): Promise<ScaleEvaluation> {
    const { losses, gradient } = await this.#evaluator.evaluate(pixels, this.#factors(weights));
    const tv = addTotalVariation(pixels, this.scale, weights.tvWeight, gradient);
    const pixelWeights = this.#pixelWeights(weights);
    const pixelLosses = this.#pixelTerms.map((term, i) => term.add(pixels, pixelWeights[i]!, gradient));
    return { losses: this.#weigh(losses, tv, weights, pixelLosses), gradient };
  }

  /** Moves a picture where it is evaluated, if the engine can and knows all terms; else null. */
  async onDevice(
    options: OptimizerOptions,
    state: OptimizerState,
    average: MovingExtras["average"] = null,
  ): Promise<DeviceOptimizer | null> {
    const extras = { pixelGoals: this.#pixelTerms.map(({ goal }) => goal), average };
    const { movesExtras = false } = this.#evaluator;
    if (!movesExtras && (extras.pixelGoals.length > 0 || average)) return null;
    const moved = options.kind === "ADAM"
      ? this.#evaluator.adam?.(options, state, extras)
      : this.#evaluator.lbfgs?.(options, state, extras);
    return await moved ?? null;
  }

  /** Up to `most` steps of `onDevice()`'s picture: losses where it evaluated, and what became of it. */
  async move(device: DeviceOptimizer, most: number, weights: LossWeights, learningRate: number) {
    const factors = [...this.#factors(weights), ...this.#pixelWeights(weights)];
    const steps = most > 1 && device.steps
      ? await device.steps(most, factors, weights.tvWeight, learningRate)
      : [await device.step(factors, weights.tvWeight, learningRate)];
    return steps.map(({ losses, tv, finite, accepted = true }) => ({
      losses: this.#weigh(losses, tv, weights, losses.subarray(this.#terms.length)),
      finite,
      accepted,
    }));
  }

  dispose(): Promise<void> {
    return this.#evaluator.dispose();
  }

  /** Of each term in the total loss. */
  #factors({ contentWeight, styleWeight }: LossWeights): number[] {
    return this.#terms.map(({ kind, share }) => share * (kind === "content" ? contentWeight : styleWeight));
  }

  /** The palette's, then what is to be kept. */
  get #pixelTerms(): readonly PixelTerm[] {
    return [...this.#palette.map(({ term }) => term), ...this.#kept ? [this.#kept.term] : []];
  }

  /** Of each of them in the total loss. */
  #pixelWeights({ styleWeight }: LossWeights): number[] {
    return [...this.#palette.map(({ share }) => share * styleWeight), ...this.#kept ? [this.#kept.weight] : []];
  }

  /** @param pixelLosses Of terms of the pixels. */
  #weigh(losses: Float64Array, tv: number, weights: LossWeights, pixelLosses: ArrayLike<number>): Losses {
    const layers = [...mergeLayers(this.#terms, losses), ...this.#unweighted];
    if (this.#palette.length > 0) {
      const value = this.#palette.reduce((sum, { share }, i) => sum + share * pixelLosses[i]!, 0);
      layers.push({ layer: PALETTE, kind: "style", value });
    }
    const kept = this.#kept ? this.#kept.weight * pixelLosses[this.#palette.length]! : 0;
    const content = sumOfKind(layers, "content");
    const style = sumOfKind(layers, "style");
    const total = weights.contentWeight * content + weights.styleWeight * style + weights.tvWeight * tv + kept;
    return { total, content, style, tv, layers };
  }
}

/**
 * The input without layers of weight 0: what the network computes ends at the deepest that counts. Where none counts it is
 * left as it is, because there is no loss without a layer.
 */
function whatWeighs(input: OptimisationInput): OptimisationInput {
  const { options, styles } = input;
  const weighs = ({ weight }: { readonly weight: number }) => weight > 0;
  const contentLayers = options.contentLayers.filter(weighs);
  const styleLayers = styles.some(weighs) ? options.styleLayers.filter(weighs) : [];
  if (contentLayers.length + styleLayers.length === 0) return input;
  return { ...input, options: { ...options, contentLayers, styleLayers } };
}

/** The losses of the layers that were asked for and left out. */
function unweighted(asked: OptimisationInput, input: OptimisationInput): LayerLoss[] {
  const leftOut = (kind: LayerLoss["kind"], of: "contentLayers" | "styleLayers") =>
    asked.options[of].filter((layer) => !input.options[of].includes(layer)).map(({ layer }) => ({
      layer,
      kind,
      value: 0,
    }));
  return [...leftOut("content", "contentLayers"), ...leftOut("style", "styleLayers")];
}

/** Null where nothing is to be kept. */
async function keptTerm(resize: Resize, input: OptimisationInput, scale: Scale): Promise<KeptTerm | null> {
  const { options: { temporalWeight: weight }, kept, initPicture } = input;
  if (!kept || !initPicture || weight === 0) return null;
  return { term: temporalTerm(toPixels(await resize(initPicture, scale)), downscaleMask(kept, scale)), weight };
}

/** Decides between the whole picture and tiles. */
async function openSource(
  backend: Backend,
  resize: Resize,
  { options, content, styles }: OptimisationInput,
  scale: Scale,
  { memoryBytes }: Limits,
): Promise<TargetSource> {
  const { pooling } = options;
  const picture = await resize(content, scale);
  if (!canTile(backend)) return new WholeSource(backend, picture, pooling);
  const plan = planScale(scale, atLargestStyle(options, styles), memoryBytes, backend.largestMap);
  if (plan.tiles === null) return new WholeSource(backend, picture, pooling);
  return new TiledSource(backend, picture, pooling, plan.tiles.cut, plan.tiles.keptBytes);
}

function objectiveOf(terms: readonly LossTerm[], size: Size, options: TransferOptions): Objective {
  const masks = [...new Set(terms.flatMap(({ where }) => where ? [where] : []))];
  return {
    size,
    terms: terms.map(({ kind, layer, where }) => ({ kind, layer, mask: where && masks.indexOf(where) })),
    masks,
    pooling: options.pooling,
    normalizeGradients: options.normalizeGradients,
    whiteners: byIndex(terms, ({ whitener }) => whitener),
    moments: comparesMoments(options),
  };
}

/** What some terms have, by their index. */
function byIndex<T>(terms: readonly LossTerm[], of: (term: LossTerm) => T | null): Map<number, T> {
  return new Map(terms.flatMap((term, i): [number, T][] => {
    const value = of(term);
    return value === null ? [] : [[i, value]];
  }));
}

/** One loss per kind and layer: terms of one layer (one for each mask) are added. */
function mergeLayers(terms: readonly LossTerm[], losses: Float64Array): LayerLoss[] {
  const merged = new Map<string, LayerLoss>();
  terms.forEach(({ kind, layer, share }, i) => {
    const key = `${kind} ${layer}`;
    merged.set(key, {
      layer,
      kind: kind === "content" ? kind : "style",
      value: (merged.get(key)?.value ?? 0) + share * losses[i]!,
    });
  });
  return [...merged.values()];
}

function sumOfKind(layers: readonly LayerLoss[], kind: LayerLoss["kind"]): number {
  return layers.reduce((sum, layer) => layer.kind === kind ? sum + layer.value : sum, 0);
}
