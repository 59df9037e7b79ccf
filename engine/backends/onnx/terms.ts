/**
 * The losses' terms in a graph: what each compares, and its gradient at its layer. All of it is float32.
 *
 * @module
 */
import { featureSize, type Objective, type Term } from "../../objective/objective.ts";
import type { Size } from "../../picture.ts";
import { type Features, type Layout, like } from "./layout.ts";
import type { ModelBuilder, Tensor } from "./model.ts";
import type { Activation } from "./network.ts";
import { GraphStyleStatistic } from "./style_statistic.ts";
import { sumOfSquares } from "./sum_of_squares.ts";

/** Input: weight of each term times the constants of its gradient, see `gradientFactor()`. */
export const FACTORS = "factors";
export function targetInput(term: number): string {
  return `target.${term}`;
}
export function whitenerInput(term: number): string {
  return `whitener.${term}`;
}
export function maskInput(mask: number, layer: string): string {
  return `mask.${mask}.${layer}`;
}

/** Shape in which a term's target is fed. */
export function targetShape(layout: Layout, size: Size, term: Term): readonly number[] {
  const { channels, height, width } = featureSize(size, term.layer);
  return term.kind === "style" ? [channels, channels] : layout.shape(channels, height, width);
}

/** Mask of a tile that is 1 in its core and 0 elsewhere: multiplying twice by it is multiplying once. */
const CORE_MASK = 0;

/** How a step graph differs for a tile of a picture. */
export interface StepVariant {
  /** The areas of the terms: H·W, or Σm² at the term's layer. A tile's graph has no use for them. */
  readonly areas: readonly number[];
  /** Whether style targets are not A but G − A, because G is that of a larger picture. */
  readonly tile: boolean;
}

/** A term and its place in the objective. */
export interface PlacedTerm {
  readonly term: Term;
  readonly index: number;
}

/** How far a term is from its target. */
interface Comparison {
  /** Of squared differences; 0 for style in a tile. */
  readonly squares: Tensor;
  /** m (F − P) of content; G − A, or RᵀR (G − A) RᵀR, of style. */
  readonly difference: Tensor;
}

/** Adds terms to a graph that has the network's activations. What several places need of a term is added once. */
export class TermGraph {
  readonly #graph: ModelBuilder;
  readonly #layout: Layout;
  readonly #objective: Objective;
  readonly #variant: StepVariant;
  /** By term. */
  readonly #comparisons = new Map<number, Comparison>();

  constructor(graph: ModelBuilder, layout: Layout, objective: Objective, variant: StepVariant) {
    this.#graph = graph;
    this.#layout = layout;
    this.#objective = objective;
    this.#variant = variant;
  }

  /** The terms at a layer. */
  at(layer: string): PlacedTerm[] {
    return this.#objective.terms.map((term, index) => ({ term, index })).filter(({ term }) => term.layer === layer);
  }

  /** By term: the sum of squared differences; 0 for style in a tile. All terms must have been compared. */
  get sums(): Tensor[] {
    return this.#objective.terms.map((_, index) => this.#comparisons.get(index)!.squares);
  }

  /** A term's weight times the constants of its gradient. */
  factor(index: number): Tensor {
    return this.#graph.node("Slice", [FACTORS, this.#graph.ints([index]), this.#graph.ints([index + 1])]);
  }

  /** The term's gradient at its layer, without its factor: m² (F − P), or m (m F) D with D of `StyleComparison`. */
  inner(term: Term, index: number, output: Features): Features {
    if (term.kind === "content") {
      return this.#weighAgain(like(output, this.#compareContent(term, index, output).difference), term);
    }
    const features = this.features(term, output);
    const { channels } = output;
    const { exact } = this.#layout;
    const kernel = exact.symmetricKernel(this.#graph, this.styleDifference(features, index), channels);
    return this.#weighAgain(exact.conv(this.#graph, features, kernel, channels, { side: 1 }), term);
  }

  /** What the term sees of a layer, in float32 and under its mask. */
  features(term: Term, output: Features): Features {
    return this.#weigh(this.#layout.leave(this.#graph, output), term);
  }

  /** D of a style term: what its gradient is a product with. */
  styleDifference(features: Features, index: number): Tensor {
    return this.#once(index, () => this.#compareStyle(features, index)).difference;
  }

  /** Whether multiplying by the mask a second time changes nothing. */
  weighsOnce({ mask }: Term): boolean {
    return mask === null || (this.#variant.tile && mask === CORE_MASK);
  }

  /** Upper bounds of the L2 norms of all terms' gradients: ‖m F D‖ is at most ‖m F‖ ‖D‖. */
  norms(activations: readonly Activation[]): Tensor[] {
    const root = (squares: Tensor) => this.#graph.node("Sqrt", [squares]);
    return activations.flatMap(({ layer, output }) =>
      this.at(layer.name).map(({ term, index }) => {
        const factor = this.#graph.node("Abs", [this.factor(index)]);
        // The L1 norm, by which it is divided, is never below the L2 norm.
        if (this.#objective.normalizeGradients) return factor;
        if (term.kind === "content") {
          return this.#graph.node("Mul", [factor, root(this.#compareContent(term, index, output).squares)]);
        }
        const features = this.features(term, output);
        const difference = this.styleDifference(features, index);
        const norms = [features.tensor, difference].map((each) =>
          root(sumOfSquares(this.#graph, each, output.channels))
        );
        return this.#graph.node("Mul", [factor, this.#graph.node("Mul", norms)]);
      })
    );
  }

  #compareContent(term: Term, index: number, output: Features): Comparison {
    return this.#once(index, () => {
      const features = this.#layout.leave(this.#graph, output);
      const target = this.#graph.input(targetInput(index), targetShape(this.#layout, this.#objective.size, term));
      const { tensor } = this.#weigh(like(features, this.#graph.node("Sub", [features.tensor, target])), term);
      return { squares: sumOfSquares(this.#graph, tensor, output.channels), difference: tensor };
    });
  }

  #compareStyle(features: Features, index: number): Comparison {
    const shape = [features.channels, features.channels];
    const target = this.#graph.input(targetInput(index), shape);
    if (this.#variant.tile) return { squares: this.#graph.floats([0], [1]), difference: target };
    const statistic = new GraphStyleStatistic(this.#graph, this.#layout, features.channels);
    const gram = statistic.of(features, this.#variant.areas[index]!);
    const whitened = this.#objective.whiteners?.has(index);
    return statistic.compare(gram, target, whitened ? this.#graph.input(whitenerInput(index), shape) : undefined);
  }

  #once(index: number, compare: () => Comparison): Comparison {
    const known = this.#comparisons.get(index);
    if (known) return known;
    const comparison = compare();
    this.#comparisons.set(index, comparison);
    return comparison;
  }

  /** Multiplies by the term's mask, where it has one. */
  #weigh(features: Features, term: Term): Features {
    if (term.mask === null) return features;
    const area = features.height * features.width;
    const mask = this.#graph.input(maskInput(term.mask, term.layer), this.#layout.maskShape(area));
    return this.#layout.exact.scalePixels(this.#graph, features, mask);
  }

  #weighAgain(features: Features, term: Term): Features {
    return this.weighsOnce(term) ? features : this.#weigh(features, term);
  }
}
