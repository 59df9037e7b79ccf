/**
 * The whole step as one graph: network, losses, and the gradient of their weighted sum with respect to the picture.
 *
 * @module
 */
import { deepestLayer, featureSize, type Objective, type Term } from "../objective.ts";
import { convGradient, pictureGradient, poolGradient, reluGradient } from "./backward.ts";
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
export function targetShape(layout: Layout, objective: Objective, term: Term): readonly number[] {
  const { channels, height, width } = featureSize(objective.size, term.layer);
  return term.kind === "style" ? [channels, channels] : layout.shape(channels, height, width);
}

/** Builds the step graph of an objective; `areas` are the terms' areas: H·W, or Σm² at the term's layer. */
export function buildStepGraph(
  objective: Objective,
  layout: Layout,
  areas: readonly number[],
): ModelBuilder {
  const graph = new ModelBuilder();
  const last = deepestLayer(objective.terms.map((term) => term.layer));
  const activations = forward(graph, layout, objective.size, last, objective.pooling);
  graph.input(FACTORS, [objective.terms.length]);
  const builder = new StepBuilder(graph, layout, objective, areas);
  const gradient = builder.backward(activations);
  const { width, height } = objective.size;
  graph.output(SUMS, graph.node("Concat", builder.sums, { axis: 0n }), [objective.terms.length]);
  graph.output(GRADIENT, gradient, [1, height, width, 3]);
  return graph;
}

class StepBuilder {
  readonly sums: Tensor[] = [];
  readonly #graph: ModelBuilder;
  readonly #layout: Layout;
  readonly #objective: Objective;
  readonly #areas: readonly number[];
  readonly #masks = new Set<string>();

  constructor(graph: ModelBuilder, layout: Layout, objective: Objective, areas: readonly number[]) {
    this.#graph = graph;
    this.#layout = layout;
    this.#objective = objective;
    this.#areas = areas;
  }

  /** From the deepest layer down to the picture. Returns its gradient (1, height, width, 3). */
  backward(activations: readonly Activation[]): Tensor {
    let gradient: Features | undefined;
    let above: Activation | undefined;
    for (const activation of activations.toReversed()) {
      const { layer, output } = activation;
      // Whether ReLU's gradient has been taken before the pool above already, on a quarter of the values.
      let masked = false;
      if (layer.kind === "conv") {
        const terms = this.#termsAt(layer.name);
        let sum = this.#contentGradient(terms, output);
        if (above?.layer.kind === "conv") {
          sum = convGradient(this.#graph, this.#layout, above.layer, gradient!, sum);
        } else if (above) {
          masked = terms.length === 0 && this.#objective.pooling === "MAX";
          const inner = masked ? reluGradient(this.#graph, above.output, gradient!) : gradient!;
          sum = this.#add(poolGradient(this.#graph, this.#layout, above, inner, this.#objective.pooling), sum);
        }
        sum = this.#addStyleGradients(terms, output, sum);
        gradient = masked ? sum! : reluGradient(this.#graph, output, sum!);
      } else if (above?.layer.kind === "conv") {
        gradient = convGradient(this.#graph, this.#layout, above.layer, gradient!, undefined);
      }
      above = activation;
    }
    const first = above!.layer;
    if (first.kind !== "conv") throw new Error("Cannot end at a pool: the network begins with a convolution");
    return pictureGradient(this.#graph, this.#layout, first, gradient!);
  }

  #termsAt(layer: string): { term: Term; index: number }[] {
    return this.#objective.terms.map((term, index) => ({ term, index })).filter(({ term }) => term.layer === layer);
  }

  #contentGradient(terms: { term: Term; index: number }[], output: Features): Features | undefined {
    let sum: Features | undefined;
    for (const { term, index } of terms) {
      if (term.kind !== "content") continue;
      const target = this.#graph.input(targetInput(index), targetShape(this.#layout, this.#objective, term));
      let difference = like(output, this.#graph.node("Sub", [output.tensor, target]));
      difference = this.#weighMask(difference, term);
      this.sums[index] = this.#sumOfSquares(difference.tensor, output.channels);
      sum = this.#add(this.#scale(this.#weighMask(difference, term), index), sum);
    }
    return sum;
  }

  #addStyleGradients(terms: { term: Term; index: number }[], output: Features, start: Features | undefined) {
    let sum = start;
    for (const { term, index } of terms) {
      if (term.kind !== "style") continue;
      const { channels } = output;
      const features = this.#weighMask(output, term);
      const target = this.#graph.input(targetInput(index), [channels, channels]);
      const gram = this.#layout.gram(this.#graph, features, 1 / (this.#areas[index]! * channels));
      const difference = this.#graph.node("Sub", [gram, target]);
      this.sums[index] = this.#sumOfSquares(difference, channels);
      // (G − A) F is a 1×1 convolution with the matrix G − A, and convolutions add to a sum for nothing.
      const direct = !this.#objective.normalizeGradients && term.mask === null;
      const matrix = direct ? this.#graph.node("Mul", [difference, this.#factor(index)]) : difference;
      const kernel = this.#layout.symmetricKernel(this.#graph, matrix, channels);
      const inner = this.#layout.conv(this.#graph, features, kernel, channels, {
        side: 1,
        sum: direct ? sum : undefined,
      });
      sum = direct ? inner : this.#add(this.#scale(this.#weighMask(inner, term), index), sum);
    }
    return sum;
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

  #weighMask(features: Features, term: Term): Features {
    if (term.mask === null) return features;
    const name = maskInput(term.mask, term.layer);
    if (!this.#masks.has(name)) {
      this.#masks.add(name);
      const { shape } = this.#layout.packMask(new Float32Array(features.height * features.width));
      this.#graph.input(name, shape);
    }
    return this.#layout.scalePixels(this.#graph, features, name);
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
