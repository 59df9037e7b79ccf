/**
 * One scale of a schedule: the objective at its size, its targets, and the weights that turn term losses into a total.
 *
 * @module
 */
import { GramcastError } from "../../errors.ts";
import type { Backend, Evaluator, Target } from "../backends/backend.ts";
import type { DeviceAdam } from "../backends/device_adam.ts";
import { planScale } from "../estimate/estimate.ts";
import type { OptimisationInput, Resize } from "./input.ts";
import type { LayerLoss, Losses } from "../objective/losses.ts";
import type { Mask, Term } from "../objective/objective.ts";
import type { OptimizerState } from "../optimizers/optimizer.ts";
import type { LayerWeight, OptimizerOptions, Scale } from "../options/options.ts";
import { fitLongestSide, type Picture, type Pixels, toPixels } from "../picture.ts";
import { meanSquare, type StageBackend, TiledStage, WholeStage } from "../tiles/stage_backend.ts";
import { canTile } from "../tiles/tiled_evaluator.ts";
import { addTotalVariation } from "../objective/total_variation.ts";
import { whiten, type Whitener, whitener } from "../objective/whitening.ts";

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

/** A term with its part in the loss of its kind: layer weight, share of its style, energy of its target. */
interface WeightedTerm extends Term {
  readonly share: number;
  /** Target of a style term. */
  readonly gram: Target | null;
  /** How a style term's Gram matrices are compared; null: as they are. */
  readonly whitener: Whitener | null;
}

/** Loss and gradient at a picture, weighted. */
export interface StageEvaluation {
  readonly losses: Losses;
  readonly gradient: Float32Array;
}

/** A scale that is ready to be evaluated. */
export class Stage {
  readonly scale: Scale;
  readonly #evaluator: Evaluator;
  readonly #terms: readonly WeightedTerm[];

  private constructor(scale: Scale, evaluator: Evaluator, terms: readonly WeightedTerm[]) {
    this.scale = scale;
    this.#evaluator = evaluator;
    this.#terms = terms;
  }

  /**
   * Takes the targets from the pictures at the scale's size and compiles the objective. What takes more memory than the
   * limits allow is evaluated in tiles, where that takes less and the backend can.
   *
   * @throws {GramcastError} BAD_USER_INPUT when nothing has any weight.
   */
  static async prepare(
    backend: Backend,
    resize: Resize,
    input: OptimisationInput,
    scale: Scale,
    limits: Limits = {},
  ): Promise<Stage> {
    const source = await openSource(backend, resize, input, scale, limits);
    const masks: Mask[] = [];
    const terms = [
      ...await contentTerms(source, input, masks),
      ...await styleTerms(source, resize, input, scale, masks),
    ];
    if (terms.length === 0) {
      throw new GramcastError(
        "BAD_USER_INPUT",
        "Cannot start without a loss: every style has weight 0, wanted one above",
        { field: "styles.0.weight" },
      );
    }
    const { pooling, normalizeGradients } = input.options;
    const grams = new Map(terms.flatMap(({ gram }, i): [number, Target][] => gram ? [[i, gram]] : []));
    const whiteners = new Map(
      terms.flatMap(({ whitener }, i): [number, Whitener][] => whitener ? [[i, whitener]] : []),
    );
    const objective = { size: scale, terms, masks, pooling, normalizeGradients, whiteners };
    const evaluator = await source.compile(objective, grams);
    return new Stage(scale, evaluator, terms);
  }

  async evaluate(pixels: Pixels, weights: LossWeights): Promise<StageEvaluation> {
    const { losses, gradient } = await this.#evaluator.evaluate(pixels, this.#factors(weights));
    const tv = addTotalVariation(pixels, this.scale, weights.tvWeight, gradient);
    return { losses: this.#weigh(losses, tv, weights), gradient };
  }

  /** Moves a picture where it is evaluated, if the engine can; else null. */
  async adam(options: OptimizerOptions, state: OptimizerState): Promise<DeviceAdam | null> {
    return await this.#evaluator.adam?.(options, state) ?? null;
  }

  /** One step of `adam()`'s picture: losses before it, and whether its gradient was finite. */
  async move(adam: DeviceAdam, weights: LossWeights, learningRate: number) {
    const { losses, tv, finite } = await adam.step(this.#factors(weights), weights.tvWeight, learningRate);
    return { losses: this.#weigh(losses, tv, weights), finite };
  }

  dispose(): Promise<void> {
    return this.#evaluator.dispose();
  }

  /** Of each term in the total loss. */
  #factors({ contentWeight, styleWeight }: LossWeights): number[] {
    return this.#terms.map(({ kind, share }) => share * (kind === "content" ? contentWeight : styleWeight));
  }

  #weigh(losses: Float64Array, tv: number, weights: LossWeights): Losses {
    const layers = mergeLayers(this.#terms, losses);
    const content = sumOfKind(layers, "content");
    const style = sumOfKind(layers, "style");
    const total = weights.contentWeight * content + weights.styleWeight * style + weights.tvWeight * tv;
    return { total, content, style, tv, layers };
  }
}

/** Decides between the whole picture and tiles. */
async function openSource(
  backend: Backend,
  resize: Resize,
  { options, content }: OptimisationInput,
  scale: Scale,
  { memoryBytes }: Limits,
): Promise<StageBackend> {
  const { pooling } = options;
  const picture = await resize(content, scale);
  if (memoryBytes === undefined || !canTile(backend)) return new WholeStage(backend, picture, pooling);
  const plan = planScale(scale, options, memoryBytes);
  if (plan.tiles === null) return new WholeStage(backend, picture, pooling);
  return new TiledStage(backend, picture, pooling, plan.tiles.cut, plan.tiles.keptBytes);
}

async function contentTerms(
  source: StageBackend,
  { options, contentMask }: OptimisationInput,
  masks: Mask[],
): Promise<WeightedTerm[]> {
  const layers = options.contentLayers.map(({ layer }) => layer);
  const energies = options.normalizeLosses && layers.length > 0 ? await source.energies(layers) : null;
  const mask = contentMask ? masks.push(toMask(contentMask)) - 1 : null;
  return options.contentLayers.map(({ layer, weight }) => {
    // Never 0, so that a blank target divides by something.
    const energy = energies ? energies.get(layer)! || 1 : 1;
    return { kind: "content", layer, mask, gram: null, whitener: null, share: weight / energy };
  });
}

/** Styles without a mask blend into one Gram target per layer; each style with a mask is a term of its own. */
async function styleTerms(
  source: StageBackend,
  resize: Resize,
  { options, styles }: OptimisationInput,
  scale: Scale,
  masks: Mask[],
): Promise<WeightedTerm[]> {
  const layers = options.styleLayers.map(({ layer }) => layer);
  const whole = styles.reduce((sum, { weight }) => sum + weight, 0) || 1;
  const terms: WeightedTerm[] = [];
  const blend = new Map<string, Target>();
  let blended = 0;
  for (const { picture, weight, mask } of styles) {
    const size = fitLongestSide(picture, Math.max(1, Math.round(scale.size * options.styleScale)));
    const grams = await source.grams(toPixels(await resize(picture, size)), size, layers);
    if (mask) {
      const index = masks.push(toMask(mask)) - 1;
      const own = (layer: LayerWeight) => styleTerm(layer, index, grams.get(layer.layer)!, weight / whole);
      terms.push(...options.styleLayers.map(own));
      continue;
    }
    blended += weight;
    for (const [layer, gram] of grams) {
      const sum = blend.get(layer) ?? new Float32Array(gram.length);
      for (let i = 0; i < gram.length; i++) sum[i]! += weight * gram[i]!;
      blend.set(layer, sum);
    }
  }
  if (blended > 0) {
    for (const layer of options.styleLayers) {
      terms.push(styleTerm(layer, null, blend.get(layer.layer)!.map((sum) => sum / blended), blended / whole));
    }
  }
  return terms;

  function styleTerm({ layer, weight }: LayerWeight, mask: number | null, gram: Target, part: number): WeightedTerm {
    const factor = options.whitening > 0 ? whitener(gram, options.whitening) : null;
    const energy = options.normalizeLosses ? meanSquare(factor ? whiten(gram, factor) : gram) || 1 : 1;
    return { kind: "style", layer, mask, gram, whitener: factor, share: (weight * part) / energy };
  }
}

/** A mask from a picture: the mean of its channels, 0–1. */
function toMask({ width, height, rgb }: Picture): Mask {
  const values = Float32Array.from(
    { length: width * height },
    (_, i) => (rgb[3 * i]! + rgb[3 * i + 1]! + rgb[3 * i + 2]!) / 765,
  );
  return { width, height, values };
}

/** One loss per kind and layer: terms of one layer (one for each mask) are added. */
function mergeLayers(terms: readonly WeightedTerm[], losses: Float64Array): LayerLoss[] {
  const merged = new Map<string, LayerLoss>();
  terms.forEach(({ kind, layer, share }, i) => {
    const key = `${kind} ${layer}`;
    merged.set(key, { layer, kind, value: (merged.get(key)?.value ?? 0) + share * losses[i]! });
  });
  return [...merged.values()];
}

function sumOfKind(layers: readonly LayerLoss[], kind: LayerLoss["kind"]): number {
  return layers.reduce((sum, layer) => layer.kind === kind ? sum + layer.value : sum, 0);
}
