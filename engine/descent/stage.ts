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
import { coverageOf, intersection, maskFrom } from "../objective/masks.ts";
import type { LayerLoss, Losses } from "../objective/losses.ts";
import type { Mask, Term } from "../objective/objective.ts";
import type { OptimizerState } from "../optimizers/optimizer.ts";
import type { LayerWeight, OptimizerOptions, Scale } from "../options/options.ts";
import { fitLongestSide, type Pixels, toPixels } from "../picture.ts";
import { type StageBackend, TiledStage, WholeStage } from "../tiles/stage_backend.ts";
import { canTile } from "../tiles/tiled_evaluator.ts";
import { trace } from "../objective/square_matrix.ts";
import { addTotalVariation } from "../objective/total_variation.ts";
import { type Whitener, whitener } from "../objective/whitening.ts";

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

/** A term with its part in the loss of its kind: layer weight, share of its style, and what its loss is divided by. */
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
    const grams = await styleGrams(source, resize, input, scale);
    const terms = [
      ...await contentTerms(source, input, scale, grams, masks),
      ...styleTerms(input, scale, grams, masks),
    ];
    if (terms.length === 0) {
      throw new GramcastError(
        "BAD_USER_INPUT",
        "Cannot start without a loss: every style has weight 0, wanted one above",
        { field: "styles.0.weight" },
      );
    }
    const { pooling, normalizeGradients, normalizeLosses } = input.options;
    const targets = new Map(terms.flatMap(({ gram }, i): [number, Target][] => gram ? [[i, gram]] : []));
    const whiteners = new Map(
      terms.flatMap(({ whitener }, i): [number, Whitener][] => whitener ? [[i, whitener]] : []),
    );
    const objective = { size: scale, terms, masks, pooling, normalizeGradients, whiteners };
    const evaluator = await source.compile(objective, targets);
    if (!normalizeLosses) return new Stage(scale, evaluator, terms);
    const { losses } = await evaluator.evaluate(toPixels(await resize(input.content, scale)), terms.map(() => 1));
    return new Stage(scale, evaluator, terms.map((term, i) => overDistance(term, losses[i]!)));
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

/**
 * A style picture's features count at least so much of theirs in what a content term is divided by: else a flat or foggy
 * content, whose own features are next to nothing, would outweigh everything.
 */
export const LEAST_CONTENT = 0.5;
/** Of a Gram matrix with the target's trace and even directions; for a content that has the style's Gram matrices already. */
const LEAST_DISTANCE = 0.1;

/** Gram matrices of each style by layer: of the style layers, and of the content layers where losses are normalised. */
type StyleGrams = readonly ReadonlyMap<string, Target>[];

async function styleGrams(
  source: StageBackend,
  resize: Resize,
  { options, styles }: OptimisationInput,
  scale: Scale,
): Promise<StyleGrams> {
  const compared = options.normalizeLosses ? [...options.styleLayers, ...options.contentLayers] : options.styleLayers;
  const layers = [...new Set(compared.map(({ layer }) => layer))];
  const grams: ReadonlyMap<string, Target>[] = [];
  for (const [i, { picture, region }] of styles.entries()) {
    const size = fitLongestSide(picture, Math.max(1, Math.round(scale.size * options.styleScale)));
    const counts = intersection(size, [region && maskFrom(region), coverageOf(picture)]);
    if (counts?.values.every((value) => value === 0)) throw nothingCounts(i, region !== undefined);
    grams.push(await source.grams(toPixels(await resize(picture, size)), size, layers, counts));
  }
  return grams;
}

async function contentTerms(
  source: StageBackend,
  { options, content, styles, contentMask }: OptimisationInput,
  scale: Scale,
  grams: StyleGrams,
  masks: Mask[],
): Promise<WeightedTerm[]> {
  const layers = options.contentLayers.map(({ layer }) => layer);
  const energies = options.normalizeLosses && layers.length > 0 ? await source.energies(layers) : null;
  const whole = wholeWeight(styles);
  const where = intersection(scale, [contentMask && maskFrom(contentMask), coverageOf(content)]);
  const mask = where && masks.push(where) - 1;
  return options.contentLayers.map(({ layer, weight }) => {
    const term = { kind: "content", layer, mask, gram: null, whitener: null } as const;
    if (!energies) return { ...term, share: weight };
    // A Gram matrix' trace is the mean square of the features that it is made of.
    const style = styles.reduce((sum, { weight }, i) => sum + (weight / whole) * trace(grams[i]!.get(layer)!), 0);
    // Never 0, so that a blank content and blank styles are divided by something.
    return { ...term, share: weight / (Math.max(energies.get(layer)!, LEAST_CONTENT * style) || 1) };
  });
}

/**
 * Styles without a mask blend into one Gram target per layer; each style with a mask is a term of its own. None counts
 * where the content is transparent.
 */
function styleTerms(
  { options, content, styles }: OptimisationInput,
  scale: Scale,
  grams: StyleGrams,
  masks: Mask[],
): WeightedTerm[] {
  const visible = coverageOf(content);
  const whole = wholeWeight(styles);
  const terms: WeightedTerm[] = [];
  const blend = new Map<string, Target>();
  let blended = 0;
  styles.forEach(({ weight, mask }, i) => {
    const gramAt = (layer: string) => grams[i]!.get(layer)!;
    if (mask) {
      const index = masks.push(intersection(scale, [maskFrom(mask), visible])!) - 1;
      terms.push(...options.styleLayers.map((each) => styleTerm(each, index, gramAt(each.layer), weight / whole)));
      return;
    }
    blended += weight;
    for (const { layer } of options.styleLayers) {
      const gram = gramAt(layer);
      const sum = blend.get(layer) ?? new Float32Array(gram.length);
      for (let i = 0; i < gram.length; i++) sum[i]! += weight * gram[i]!;
      blend.set(layer, sum);
    }
  });
  if (blended > 0) {
    const index = visible && masks.push(visible) - 1;
    for (const layer of options.styleLayers) {
      terms.push(styleTerm(layer, index, blend.get(layer.layer)!.map((sum) => sum / blended), blended / whole));
    }
  }
  return terms;

  function styleTerm({ layer, weight }: LayerWeight, mask: number | null, gram: Target, part: number): WeightedTerm {
    const factor = options.whitening > 0 ? whitener(gram, options.whitening) : null;
    return { kind: "style", layer, mask, gram, whitener: factor, share: weight * part };
  }
}

/** Of all styles; never 0, so that shares of it are numbers. */
function wholeWeight(styles: OptimisationInput["styles"]): number {
  return styles.reduce((sum, { weight }) => sum + weight, 0) || 1;
}

/**
 * The term with its loss over that of the content picture, so that every style layer has as far to go, whatever the pictures:
 * 1 is the content's own style, 0 the style's. Content terms have their measure already.
 *
 * @param distance The term's loss at the content picture.
 */
function overDistance(term: WeightedTerm, distance: number): WeightedTerm {
  if (term.gram === null) return term;
  const even = trace(term.gram) ** 2 / Math.sqrt(term.gram.length) ** 3;
  return { ...term, share: term.share / (Math.max(distance, LEAST_DISTANCE * even) || 1) };
}

function nothingCounts(style: number, masked: boolean): GramcastError {
  const field = masked ? `styles.${style}.region` : `styles.${style}.image`;
  const found = masked ? "is black or transparent wherever the style can be seen" : "is transparent everywhere";
  return new GramcastError("BAD_USER_INPUT", `Cannot use ${field}: it ${found}, wanted a part that counts`, { field });
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
