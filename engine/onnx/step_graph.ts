/**
 * The whole step as one graph: network, losses, and the gradient of their weighted sum with respect to the picture.
 *
 * @module
 */
import { deepestLayer, featureSize, type Objective, type Term } from "../objective.ts";
import type { Size } from "../picture.ts";
import {
  averagePoolGradient,
  convGradient,
  maxPoolGradient,
  pictureGradient,
  type PoolChoice,
  poolChoice,
  product,
  reluDerivative,
} from "./backward.ts";
import { type Features, type Layout, like } from "./layout.ts";
import { ModelBuilder, type Tensor } from "./model.ts";
import { type Activation, forward } from "./network.ts";

/** Input: weight of each term times the constants of its gradient, see `gradientFactor()`. */
export const FACTORS = "factors";
/** Output: for each term the sum of squared differences; `elementCount()` of it is the mean's divisor. */
export const SUMS = "sums";
/** Output: (1, height, width, 3). */
export const GRADIENT = "gradient";

export function targetInput(term: number): string {
  return `target.${term}`;
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

/** Builds the step graph of an objective. */
export function buildStepGraph(objective: Objective, layout: Layout, variant: StepVariant): ModelBuilder {
  const graph = new ModelBuilder();
  const last = deepestLayer(objective.terms.map((term) => term.layer));
  const activations = forward(graph, layout, objective.size, last, objective.pooling);
  graph.input(FACTORS, [objective.terms.length]);
  const builder = new StepBuilder(graph, layout, objective, variant);
  const gradient = builder.backward(activations);
  const { width, height } = objective.size;
  graph.output(SUMS, graph.node("Concat", builder.sums, { axis: 0n }), [objective.terms.length]);
  graph.output(GRADIENT, gradient, [1, height, width, 3]);
  return graph;
}

/** What a layer brings into the chain of gradients. */
interface Contribution {
  readonly activation: Activation;
  readonly terms: readonly { readonly term: Term; readonly index: number }[];
  /** Sum of its content terms' gradients. */
  readonly content: Features | undefined;
  /** Of the max-pool above it. */
  readonly choice: PoolChoice | undefined;
  /** Of its ReLU. */
  readonly derivative: Features | undefined;
}

/** Adds losses and gradients to a graph that has the network's activations. */
export class StepBuilder {
  /** By term: the sum of squared differences; 0 for style in a tile. */
  readonly sums: Tensor[] = [];
  readonly #graph: ModelBuilder;
  readonly #layout: Layout;
  readonly #objective: Objective;
  readonly #variant: StepVariant;

  constructor(graph: ModelBuilder, layout: Layout, objective: Objective, variant: StepVariant) {
    this.#graph = graph;
    this.#layout = layout;
    this.#objective = objective;
    this.#variant = variant;
  }

  /**
   * From the deepest layer down to the picture. Returns its gradient (1, height, width, 3).
   *
   * ONNX Runtime runs what was added last as early as it can be run. So all that each layer brings into the chain of
   * gradients is added before the chain: else it would be computed for all layers at once, right after the forward pass,
   * and wait in memory for its turn.
   */
  backward(activations: readonly Activation[]): Tensor {
    const downwards = activations.map((each, i) => this.#contribution(each, activations[i - 1], activations[i + 1]))
      .reverse();
    let gradient: Features | undefined;
    let above: Activation | undefined;
    for (const { activation, terms, content, choice, derivative } of downwards) {
      const { output } = activation;
      if (above?.layer.kind === "conv") {
        gradient = convGradient(this.#graph, this.#layout, above.layer, gradient!, content);
      } else if (above) {
        const behind = choice
          ? maxPoolGradient(this.#graph, this.#layout, choice, gradient!)
          : averagePoolGradient(this.#graph, this.#layout, above, gradient!);
        gradient = this.#add(behind, content);
      } else gradient = content;
      gradient = this.#addStyleGradients(terms, output, gradient)!;
      if (derivative) gradient = product(this.#graph, derivative, gradient);
      above = activation;
    }
    const first = above!.layer;
    if (first.kind !== "conv") throw new Error("Cannot end at a pool: the network begins with a convolution");
    return pictureGradient(this.#graph, this.#layout, first, gradient!);
  }

  #contribution(activation: Activation, below: Activation | undefined, above: Activation | undefined): Contribution {
    const { layer, output } = activation;
    const terms = this.#termsAt(layer.name);
    const underMaxPool = above?.layer.kind === "pool" && this.#objective.pooling === "MAX";
    // Below a max-pool, where no term comes in between, ReLU's derivative is taken behind the pool, on a quarter of the
    // values.
    const derives = layer.kind === "conv"
      ? terms.length > 0 || !underMaxPool
      : this.#objective.pooling === "MAX" && this.#termsAt(below!.layer.name).length === 0;
    return {
      activation,
      terms,
      content: this.#contentGradient(terms, output),
      choice: underMaxPool ? poolChoice(this.#graph, this.#layout, above) : undefined,
      derivative: derives ? reluDerivative(this.#graph, output) : undefined,
    };
  }

  /** The term's gradient at its layer, without its factor: m² (F − P), or m (m F) (G − A). */
  inner(term: Term, index: number, output: Features): Features {
    if (term.kind === "content") {
      const target = this.#graph.input(targetInput(index), targetShape(this.#layout, this.#objective.size, term));
      const difference = this.weigh(like(output, this.#graph.node("Sub", [output.tensor, target])), term);
      this.sums[index] = this.#sumOfSquares(difference.tensor, output.channels);
      return this.#weighAgain(difference, term);
    }
    const features = this.weigh(output, term);
    const { channels } = output;
    const kernel = this.#layout.symmetricKernel(this.#graph, this.#gramDifference(features, index), channels);
    return this.#weighAgain(this.#layout.conv(this.#graph, features, kernel, channels, { side: 1 }), term);
  }

  /** Multiplies by the term's mask, where it has one. */
  weigh(features: Features, term: Term): Features {
    if (term.mask === null) return features;
    const area = features.height * features.width;
    const mask = this.#graph.input(maskInput(term.mask, term.layer), this.#layout.maskShape(area));
    return this.#layout.scalePixels(this.#graph, features, mask);
  }

  #termsAt(layer: string): Contribution["terms"] {
    return this.#objective.terms.map((term, index) => ({ term, index })).filter(({ term }) => term.layer === layer);
  }

  #contentGradient(terms: Contribution["terms"], output: Features): Features | undefined {
    let sum: Features | undefined;
    for (const { term, index } of terms) {
      if (term.kind === "content") sum = this.#add(this.#scale(this.inner(term, index, output), index), sum);
    }
    return sum;
  }

  #addStyleGradients(terms: Contribution["terms"], output: Features, start: Features | undefined) {
    let sum = start;
    for (const { term, index } of terms) {
      if (term.kind !== "style") continue;
      if (this.#objective.normalizeGradients || !this.#weighsOnce(term)) {
        sum = this.#add(this.#scale(this.inner(term, index, output), index), sum);
        continue;
      }
      // (G − A) F is a 1×1 convolution with the matrix G − A, and convolutions add to a sum for nothing.
      const features = this.weigh(output, term);
      const { channels } = output;
      const matrix = this.#graph.node("Mul", [this.#gramDifference(features, index), this.#factor(index)]);
      const kernel = this.#layout.symmetricKernel(this.#graph, matrix, channels);
      sum = this.#layout.conv(this.#graph, features, kernel, channels, { side: 1, sum });
    }
    return sum;
  }

  /** G − A of a style term. */
  #gramDifference(features: Features, index: number): Tensor {
    const { channels } = features;
    const target = this.#graph.input(targetInput(index), [channels, channels]);
    if (this.#variant.tile) {
      this.sums[index] = this.#graph.floats([0], [1]);
      return target;
    }
    const gram = this.#layout.gram(this.#graph, features, 1 / (this.#variant.areas[index]! * channels));
    const difference = this.#graph.node("Sub", [gram, target]);
    this.sums[index] = this.#sumOfSquares(difference, channels);
    return difference;
  }

  #weighAgain(features: Features, term: Term): Features {
    return this.#weighsOnce(term) ? features : this.weigh(features, term);
  }

  #weighsOnce({ mask }: Term): boolean {
    return mask === null || (this.#variant.tile && mask === CORE_MASK);
  }

  /** Multiplies by the term's factor, and divides by the L1 norm where gradients are normalised. */
  #scale(gradient: Features, index: number): Features {
    let factor = this.#factor(index);
    if (this.#objective.normalizeGradients) {
      const flat = this.#graph.node("Reshape", [gradient.tensor, this.#graph.ints([-1])]);
      const norm = this.#graph.node("ReduceL1", [flat], { keepdims: 1n });
      factor = this.#graph.node("Div", [factor, this.#graph.node("Add", [norm, this.#graph.floats([1e-8])])]);
    }
    return like(gradient, this.#graph.node("Mul", [gradient.tensor, factor]));
  }

  #factor(index: number): Tensor {
    return this.#graph.node("Slice", [FACTORS, this.#graph.ints([index]), this.#graph.ints([index + 1])]);
  }

  /** In two stages: one float32 sum over all values loses the small ones to rounding, 2e-5 of it at conv4_3. */
  #sumOfSquares(tensor: Tensor, channels: number): Tensor {
    const rows = this.#graph.node("Reshape", [tensor, this.#graph.ints([channels, -1])]);
    const sums = this.#graph.node("ReduceSumSquare", [rows, this.#graph.ints([1])], { keepdims: 0n });
    return this.#graph.node("ReduceSum", [sums], { keepdims: 1n });
  }

  #add(a: Features, b: Features | undefined): Features {
    return b ? like(a, this.#graph.node("Add", [a.tensor, b.tensor])) : a;
  }
}
