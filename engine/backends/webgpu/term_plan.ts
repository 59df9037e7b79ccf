/**
 * The losses' terms in a plan: sums of squared differences, and gradients at the layers.
 *
 * @module
 */
import { MOMENT_ROWS } from "../../objective/moments.ts";
import { gridLayer, type Term } from "../../objective/objective.ts";
import { type FeatureMap, mapLength, quadCount, quadsOf } from "./feature_map.ts";
import { content, type TermOptions } from "./kernels/content.ts";
import { cosineParts, cosines } from "./kernels/cosines.ts";
import { groupCount, partsOf } from "./kernels/elementwise.ts";
import { gram, spansOf } from "./kernels/gram.ts";
import { gramParts, gramSum, type GramTarget } from "./kernels/gram_sum.ts";
import { matrixProduct } from "./kernels/matrix_product.ts";
import { normalized } from "./kernels/normalized.ts";
import { reduce } from "./kernels/reduce.ts";
import { compareMoments, means } from "./kernels/moments.ts";
import { neighborGradient } from "./kernels/neighbor_gradient.ts";
import { type StyleDifference, styleGradient } from "./kernels/style_gradient.ts";
import { total } from "./kernels/total.ts";
import { mapOf } from "./network_plan.ts";
import { addPlaces } from "./places_plan.ts";
import type { Plan, PlannedBuffer } from "./plan.ts";

/** Buffer: by term the sum of squared differences, of neighbours that of 1 − cos; 0 for style in a tile. */
export const SUMS = "sums";
/** Buffer: by term the L1 norm of its gradient without its factor. */
export const NORMS = "norms";
/** Buffer: by term its weight times the constants of its gradient, see `gradientFactor()`. */
export const FACTORS = "factors";
export function targetBuffer(term: number): string {
  return `target.${term}`;
}
/** `momentTarget()` of a style term. */
export function momentsBuffer(term: number): string {
  return `moments.${term}`;
}
/** The offsets of a style term in a tile. */
export function offsetsBuffer(term: number): string {
  return `offsets.${term}`;
}
export function maskBuffer(mask: number, layer: string): string {
  return `mask.${mask}.${layer}`;
}
export function whitenerBuffer(term: number): string {
  return `whitener.${term}`;
}
/** R transposed. */
export function transposedWhitenerBuffer(term: number): string {
  return `${whitenerBuffer(term)}.transposed`;
}

/** What the terms of a plan have in common. */
export interface TermsOptions {
  readonly terms: readonly Term[];
  /** H·W, or Σm² under a mask; null in a tile, where style targets are not A but G − A. */
  readonly areas: readonly number[] | null;
  /** Whether each gradient is divided by its L1 norm. */
  readonly normalize: boolean;
  /** Whether a term has a whitener. */
  readonly whitened: (term: number) => boolean;
  /** Whether style terms compare means and deviations too. */
  readonly moments: boolean;
}

/** Where a term's gradient goes. */
interface Destination {
  readonly gradient: FeatureMap;
  /** Whether what is there already is added. */
  readonly sum: boolean;
  /** Whether it is the gradient before the layer's ReLU that is wanted. */
  readonly derivative: boolean;
}

/** Adds terms to a plan that has the activations. */
export class TermPlan {
  readonly #plan: Plan;
  readonly #options: TermsOptions;

  constructor(plan: Plan, options: TermsOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  /** Indices of the terms at a layer. */
  at(layer: string): number[] {
    return this.#options.terms.flatMap((term, index) => term.layer === layer ? [index] : []);
  }

  /** A style term's Gram matrix. */
  gram(index: number, features: FeatureMap, area: number, into: PlannedBuffer, target?: GramTarget): void {
    const { channels } = features;
    const grams = this.#plan.buffer("spans", spansOf(features).spans * channels ** 2);
    this.#plan.add(
      gram(features, grams, this.#mask(index, features)),
      gramSum(features, grams, into, 1 / (area * channels), target),
    );
  }

  /** The means of a style term's channels. */
  means(index: number, features: FeatureMap, area: number, into: PlannedBuffer): void {
    this.#plan.add(means({ features, mask: this.#mask(index, features), area }, into));
  }

  /** A term's sum and its gradient, weighted and, where that is asked for, normalised. */
  add(index: number, features: FeatureMap, { gradient, sum, derivative }: Destination): void {
    if (!this.#options.normalize) {
      this.#inner(index, features, gradient, { term: index, factors: this.#byTerm(FACTORS), sum, derivative });
      return;
    }
    const inner = this.norm(index, features);
    this.#plan.add(normalized(inner, gradient, {
      term: index,
      norms: this.#byTerm(NORMS),
      factors: this.#byTerm(FACTORS),
      sum,
      activation: derivative ? features : undefined,
    }));
  }

  /** A term's sum, and its gradient without its factor, with its norm. */
  norm(index: number, features: FeatureMap): FeatureMap {
    const inner = mapOf(this.#plan, "inner", features);
    this.#inner(index, features, inner, { term: index });
    const count = quadCount(features);
    const parts = this.#parts(groupCount(partsOf(count)));
    this.#plan.add(total("ABSOLUTE", inner.buffer, count, parts));
    this.#reduce(parts, groupCount(partsOf(count)), NORMS, index);
    return inner;
  }

  #inner(index: number, features: FeatureMap, gradient: FeatureMap, given: TermOptions): void {
    const { kind } = this.#term(index);
    if (kind === "neighbors") {
      this.#neighbors(index, features, gradient, given);
      return;
    }
    const options = { ...given, mask: this.#mask(index, features) };
    if (kind === "style") {
      const difference = this.#styleDifference(index, features);
      this.#plan.add(styleGradient(features, difference, gradient, options));
      return;
    }
    const target = this.#plan.buffer(targetBuffer(index), mapLength(features));
    const count = groupCount(partsOf(quadCount(features)));
    const parts = this.#parts(count);
    this.#plan.add(content(features, target, gradient, parts, options));
    this.#reduce(parts, count, SUMS, index);
  }

  #neighbors(index: number, features: FeatureMap, gradient: FeatureMap, options: TermOptions): void {
    const plan = this.#plan;
    const { layer } = this.#term(index);
    const places = addPlaces(plan, layer, features, "places");
    const [area, wanted] = [places.width * places.height, plan.buffer(targetBuffer(index), mapLength(places))];
    const compared = { places, wanted, mask: this.#mask(index, places) };
    const [pulls, parts] = [plan.buffer("pulls", 2 * area), this.#parts(cosineParts(area))];
    plan.add(cosines(compared, pulls, parts));
    this.#reduce(parts, cosineParts(area), SUMS, index);
    plan.add(neighborGradient(features, compared, pulls, gradient, options));
  }

  /** In a tile it is given. */
  #styleDifference(index: number, features: FeatureMap): StyleDifference {
    const { areas, moments } = this.#options;
    const { channels } = features;
    if (areas === null) {
      const matrix = this.#plan.buffer(targetBuffer(index), channels ** 2);
      return { matrix, offsets: moments ? this.#plan.buffer(offsetsBuffer(index), channels) : undefined };
    }
    const area = areas[index]!;
    const compared = this.#compareGrams(index, features, area);
    let { count } = compared;
    let offsets: PlannedBuffer | undefined;
    if (moments) {
      offsets = this.#plan.buffer("offsets", channels);
      const quads = quadsOf(channels);
      this.#plan.add(compareMoments({ features, mask: this.#mask(index, features), area }, {
        wanted: this.#plan.buffer(momentsBuffer(index), MOMENT_ROWS * channels),
        matrix: compared.matrix,
        offsets,
        parts: this.#parts(count + quads),
        part: count,
      }));
      count += quads;
    }
    this.#reduce(this.#parts(count), count, SUMS, index);
    return { matrix: compared.matrix, offsets };
  }

  /** G − A, or RᵀR (G − A) RᵀR, and in how many parts its squares are. */
  #compareGrams(index: number, features: FeatureMap, area: number): { matrix: PlannedBuffer; count: number } {
    const plan = this.#plan;
    const { channels } = features;
    const matrix = (name: string) => plan.buffer(name, channels ** 2);
    const wanted = matrix(targetBuffer(index));
    const difference = matrix("difference");
    const parts = this.#parts(gramParts(channels));
    this.gram(index, features, area, difference, { wanted, parts });
    if (!this.#options.whitened(index)) return { matrix: difference, count: gramParts(channels) };
    const [factor, transposed] = [matrix(whitenerBuffer(index)), matrix(transposedWhitenerBuffer(index))];
    const [half, whitened] = [matrix("half"), matrix("whitened")];
    plan.add(matrixProduct(factor, difference, half, channels), matrixProduct(half, transposed, whitened, channels));
    const count = channels ** 2 / 4;
    const squares = this.#parts(groupCount(partsOf(count)));
    plan.add(total("SQUARES", whitened, count, squares));
    plan.add(matrixProduct(transposed, whitened, half, channels), matrixProduct(half, factor, difference, channels));
    return { matrix: difference, count: groupCount(partsOf(count)) };
  }

  /** A term's mask, at the size in which the term is compared. */
  #mask(index: number, { width, height }: FeatureMap): PlannedBuffer | undefined {
    const term = this.#term(index);
    return term.mask === null ? undefined : this.#plan.buffer(maskBuffer(term.mask, gridLayer(term)), width * height);
  }

  #reduce(parts: PlannedBuffer, count: number, into: typeof SUMS | typeof NORMS, index: number): void {
    this.#plan.add(reduce(parts, count, this.#byTerm(into), { to: index }));
  }

  #parts(count: number): PlannedBuffer {
    return this.#plan.buffer("parts", count);
  }

  /** One number for each term. */
  #byTerm(name: string): PlannedBuffer {
    return this.#plan.buffer(name, this.#options.terms.length);
  }

  #term(index: number): Term {
    return this.#options.terms[index]!;
  }
}
