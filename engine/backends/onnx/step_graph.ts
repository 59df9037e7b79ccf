/**
 * The whole step as one graph: network, losses, and the gradient of their weighted sum with respect to the picture.
 *
 * @module
 */
import { deepestLayer, type Objective } from "../../objective/objective.ts";
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
import { gradientScale } from "./gradient_scale.ts";
import { ModelBuilder, type Tensor } from "./model.ts";
import { type Activation, forward } from "./network.ts";
import { FACTORS, type PlacedTerm, type StepVariant, TermGraph } from "./terms.ts";

/** Output: for each term the sum of squared differences; `elementCount()` of it is the mean's divisor. */
export const SUMS = "sums";
/** Output: (1, height, width, 3). */
export const GRADIENT = "gradient";

/** Builds the step graph of an objective. */
export function buildStepGraph(objective: Objective, layout: Layout, variant: StepVariant): ModelBuilder {
  const graph = new ModelBuilder();
  const last = deepestLayer(objective.terms.map((term) => term.layer));
  const activations = forward(graph, layout, objective.size, last, objective.pooling);
  graph.input(FACTORS, [objective.terms.length]);
  const terms = new TermGraph(graph, layout, objective, variant);
  const gradient = new ChainBuilder(graph, layout, objective, terms).backward(activations);
  const { width, height } = objective.size;
  graph.output(SUMS, graph.node("Concat", terms.sums, { axis: 0n }), [objective.terms.length]);
  graph.output(GRADIENT, gradient, [1, height, width, 3]);
  return graph;
}

/** What a layer brings into the chain of gradients. */
interface Contribution {
  readonly activation: Activation;
  readonly terms: readonly PlacedTerm[];
  /** Sum of its content terms' gradients. */
  readonly content: Features | undefined;
  /** Of the max-pool above it. */
  readonly choice: PoolChoice | undefined;
  /** Of its ReLU. */
  readonly derivative: Features | undefined;
}

/** Adds the gradients to a graph that has the network's activations and the losses' terms. */
class ChainBuilder {
  readonly #graph: ModelBuilder;
  readonly #layout: Layout;
  readonly #objective: Objective;
  readonly #terms: TermGraph;
  /** Of gradients in half precision. */
  #gradientScale: Tensor | undefined;

  constructor(graph: ModelBuilder, layout: Layout, objective: Objective, terms: TermGraph) {
    this.#graph = graph;
    this.#layout = layout;
    this.#objective = objective;
    this.#terms = terms;
  }

  /**
   * From the deepest layer down to the picture. Returns its gradient (1, height, width, 3).
   *
   * ONNX Runtime runs what was added last as early as it can be run. So all that each layer brings into the chain of
   * gradients is added before the chain: else it would be computed for all layers at once, right after the forward pass,
   * and wait in memory for its turn.
   */
  backward(activations: readonly Activation[]): Tensor {
    if (this.#layout !== this.#layout.exact) {
      this.#gradientScale = gradientScale(this.#graph, this.#terms.norms(activations));
    }
    const contributions = activations.map((each, i) =>
      this.#contribution(each, activations[i - 1], activations[i + 1])
    );
    let gradient: Features | undefined;
    let above: Activation | undefined;
    for (const contribution of contributions.reverse()) {
      const { activation, terms, derivative } = contribution;
      gradient = this.#through(above, gradient, contribution);
      gradient = this.#addStyleGradients(terms, activation.output, gradient)!;
      if (derivative) gradient = product(this.#graph, derivative, gradient);
      above = activation;
    }
    return this.#toPicture(above!, gradient!);
  }

  #contribution(activation: Activation, below: Activation | undefined, above: Activation | undefined): Contribution {
    const { layer, output } = activation;
    const terms = this.#terms.at(layer.name);
    return {
      activation,
      terms,
      content: this.#contentGradient(terms, output),
      choice: this.#isMaxPool(above) ? poolChoice(this.#graph, this.#layout, above!) : undefined,
      derivative: this.#derivesHere(activation, below, above)
        ? reluDerivative(this.#graph, this.#layout, output)
        : undefined,
    };
  }

  /**
   * Whether a ReLU's derivative is taken at this layer. Where no term comes in between a ReLU and the max-pool above it,
   * the pool takes it in its place, on a quarter of the values: what it lets through is positive where its output is.
   */
  #derivesHere({ layer }: Activation, below: Activation | undefined, above: Activation | undefined): boolean {
    if (layer.kind === "conv") return this.#terms.at(layer.name).length > 0 || !this.#isMaxPool(above);
    return this.#objective.pooling === "MAX" && this.#terms.at(below!.layer.name).length === 0;
  }

  #isMaxPool(activation: Activation | undefined): boolean {
    return activation?.layer.kind === "pool" && this.#objective.pooling === "MAX";
  }

  /** The gradient behind a layer from that before the one `above` it, its content terms' added. */
  #through(
    above: Activation | undefined,
    gradient: Features | undefined,
    { content, choice }: Contribution,
  ): Features | undefined {
    if (!above) return content;
    const { layer } = above;
    if (layer.kind === "conv") return convGradient(this.#graph, this.#layout, layer, gradient!, content);
    const behind = choice
      ? maxPoolGradient(this.#graph, this.#layout, choice, gradient!)
      : averagePoolGradient(this.#graph, this.#layout, above, gradient!);
    return this.#add(behind, content);
  }

  /** Through the first layer; in half precision its scale is taken away again. */
  #toPicture({ layer }: Activation, gradient: Features): Tensor {
    if (layer.kind !== "conv") throw new Error("Cannot end at a pool: the network begins with a convolution");
    const picture = this.#layout.widen(this.#graph, pictureGradient(this.#graph, this.#layout, layer, gradient));
    return this.#gradientScale ? this.#graph.node("Div", [picture, this.#gradientScale]) : picture;
  }

  #contentGradient(terms: readonly PlacedTerm[], output: Features): Features | undefined {
    let sum: Features | undefined;
    for (const { term, index } of terms) {
      if (term.kind === "content") sum = this.#add(this.#scale(this.#terms.inner(term, index, output), index), sum);
    }
    return sum;
  }

  #addStyleGradients(terms: readonly PlacedTerm[], output: Features, start: Features | undefined) {
    let sum = start;
    for (const { term, index } of terms) {
      if (term.kind !== "style") continue;
      if (this.#gradientScale || this.#objective.normalizeGradients || !this.#terms.weighsOnce(term)) {
        sum = this.#add(this.#scale(this.#terms.inner(term, index, output), index), sum);
        continue;
      }
      // (G − A) F is a 1×1 convolution with the matrix G − A, and convolutions add to a sum for nothing.
      const features = this.#terms.features(term, output);
      const { channels } = output;
      const matrix = this.#graph.node("Mul", [this.#terms.styleDifference(features, index), this.#terms.factor(index)]);
      const kernel = this.#layout.symmetricKernel(this.#graph, matrix, channels);
      sum = this.#layout.conv(this.#graph, features, kernel, channels, { side: 1, sum });
    }
    return sum;
  }

  /** Multiplies by the term's factor, and divides by the L1 norm where gradients are normalised. */
  #scale(gradient: Features, index: number): Features {
    let factor = this.#terms.factor(index);
    if (this.#objective.normalizeGradients) {
      const flat = this.#graph.node("Reshape", [gradient.tensor, this.#graph.ints([-1])]);
      const norm = this.#graph.node("ReduceL1", [flat], { keepdims: 1n });
      factor = this.#graph.node("Div", [factor, this.#graph.node("Add", [norm, this.#graph.floats([1e-8])])]);
    }
    if (this.#gradientScale) factor = this.#graph.node("Mul", [factor, this.#gradientScale]);
    return like(gradient, this.#layout.narrow(this.#graph, this.#graph.node("Mul", [gradient.tensor, factor])));
  }

  #add(a: Features, b: Features | undefined): Features {
    return b ? like(a, this.#graph.node("Add", [a.tensor, b.tensor])) : a;
  }
}
