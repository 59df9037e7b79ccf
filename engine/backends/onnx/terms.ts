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

/** Adds terms to a graph that has the network's activations. */
export class TermGraph {
  /** By term: the sum of squared differences; 0 for style in a tile. */
  readonly sums: Tensor[] = [];
  readonly #graph: ModelBuilder;
  readonly #layout: Layout;
  readonly #objective: Objective;
  readonly #variant: StepVariant;
  /** m (F − P) by content term; G − A, or RᵀR (G − A) RᵀR, by style term. */
  readonly #differences = new Map<number, Tensor>();

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

  /** A term's weight times the constants of its gradient. */
  factor(index: number): Tensor {
    return this.#graph.node("Slice", [FACTORS, this.#graph.ints([index]), this.#graph.ints([index + 1])]);
  }

  /** The term's gradient at its layer, without its factor: m² (F − P), or m (m F) (G − A). */
  inner(term: Term, index: number, output: Features): Features {
    if (term.kind === "content") {
      return this.#weighAgain(like(output, this.#contentDifference(term, index, output)), term);
    }
    const features = this.features(term, output);
    const { channels } = output;
    const { exact } = this.#layout;
    const kernel = exact.symmetricKernel(this.#graph, this.gramDifference(features, index), channels);
    return this.#weighAgain(exact.conv(this.#graph, features, kernel, channels, { side: 1 }), term);
  }

  /** What the term sees of a layer, in float32 and under its mask. */
  features(term: Term, output: Features): Features {
    return this.#weigh(this.#layout.leave(this.#graph, output), term);
  }

  /** Multiplies by the term's mask, where it has one. */
  #weigh(features: Features, term: Term): Features {
    if (term.mask === null) return features;
    const area = features.height * features.width;
    const mask = this.#graph.input(maskInput(term.mask, term.layer), this.#layout.maskShape(area));
    return this.#layout.exact.scalePixels(this.#graph, features, mask);
  }

  /** Whether multiplying by the mask a second time changes nothing. */
  weighsOnce({ mask }: Term): boolean {
    return mask === null || (this.#variant.tile && mask === CORE_MASK);
  }

  /** Upper bounds of the L2 norms of all terms' gradients: ‖m F (G − A)‖ is at most ‖m F‖ ‖G − A‖. */
  norms(activations: readonly Activation[]): Tensor[] {
    const root = (squares: Tensor) => this.#graph.node("Sqrt", [squares]);
    return activations.flatMap(({ layer, output }) =>
      this.at(layer.name).map(({ term, index }) => {
        const factor = this.#graph.node("Abs", [this.factor(index)]);
        // The L1 norm, by which it is divided, is never below the L2 norm.
        if (this.#objective.normalizeGradients) return factor;
        if (term.kind === "content") {
          this.#contentDifference(term, index, output);
          return this.#graph.node("Mul", [factor, root(this.sums[index]!)]);
        }
        const features = this.features(term, output);
        const difference = this.gramDifference(features, index);
        const norms = [features.tensor, difference].map((each) => root(this.#sumOfSquares(each, output.channels)));
        return this.#graph.node("Mul", [factor, this.#graph.node("Mul", norms)]);
      })
    );
  }

  /** m (F − P) of a content term. */
  #contentDifference(term: Term, index: number, output: Features): Tensor {
    const known = this.#differences.get(index);
    if (known) return known;
    const features = this.#layout.leave(this.#graph, output);
    const target = this.#graph.input(targetInput(index), targetShape(this.#layout, this.#objective.size, term));
    const { tensor } = this.#weigh(like(features, this.#graph.node("Sub", [features.tensor, target])), term);
    this.sums[index] = this.#sumOfSquares(tensor, output.channels);
    this.#differences.set(index, tensor);
    return tensor;
  }

  /** G − A of a style term, or RᵀR (G − A) RᵀR: what its gradient is a product with. */
  gramDifference(features: Features, index: number): Tensor {
    const known = this.#differences.get(index);
    if (known) return known;
    const difference = this.#compareGrams(features, index);
    this.#differences.set(index, difference);
    return difference;
  }

  #compareGrams(features: Features, index: number): Tensor {
    const { channels } = features;
    const target = this.#graph.input(targetInput(index), [channels, channels]);
    if (this.#variant.tile) {
      this.sums[index] = this.#graph.floats([0], [1]);
      return target;
    }
    const gram = this.#layout.exact.gram(this.#graph, features, 1 / (this.#variant.areas[index]! * channels));
    const difference = this.#graph.node("Sub", [gram, target]);
    if (!this.#objective.whiteners?.has(index)) {
      this.sums[index] = this.#sumOfSquares(difference, channels);
      return difference;
    }
    const factor = this.#graph.input(whitenerInput(index), [channels, channels]);
    const left = this.#graph.node("MatMul", [factor, difference]);
    const whitened = this.#graph.node("Gemm", [left, factor], { transB: 1n });
    this.sums[index] = this.#sumOfSquares(whitened, channels);
    return this.#graph.node("Gemm", [factor, this.#graph.node("MatMul", [whitened, factor])], { transA: 1n });
  }

  #weighAgain(features: Features, term: Term): Features {
    return this.weighsOnce(term) ? features : this.#weigh(features, term);
  }

  /** In two stages: one float32 sum over all values loses the small ones to rounding, 2e-5 of it at conv4_3. */
  #sumOfSquares(tensor: Tensor, channels: number): Tensor {
    const rows = this.#graph.node("Reshape", [tensor, this.#graph.ints([channels, -1])]);
    const sums = this.#graph.node("ReduceSumSquare", [rows, this.#graph.ints([1])], { keepdims: 0n });
    return this.#graph.node("ReduceSum", [sums], { keepdims: 1n });
  }
}
