/**
 * The whole step as one graph: network, losses, and the gradient of their weighted sum with respect to the picture.
 *
 * @module
 */
import { deepestLayer, type Objective } from "../../objective/objective.ts";
import type { Pooling } from "../../options/options.ts";
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
import { TermGradients } from "./term_gradients.ts";
import { FACTORS, type StepVariant, TermGraph } from "./terms.ts";

/** Output: for each term the sum of squared differences; `elementCount()` of it is the mean's divisor. */
export const SUMS = "sums";
/** Output: (1, height, width, 3). */
export const GRADIENT = "gradient";

/** Builds the step graph of an objective. */
export function buildStepGraph(objective: Objective, layout: Layout, variant: StepVariant): ModelBuilder {
  const graph = new ModelBuilder();
  const { size, pooling, normalizeGradients } = objective;
  const last = deepestLayer(objective.terms.map((term) => term.layer));
  const activations = forward(graph, layout, size, last, pooling);
  graph.input(FACTORS, [objective.terms.length]);
  const terms = new TermGraph(graph, layout, objective, variant, activations);
  const gradients = new TermGradients(graph, layout, terms, normalizeGradients);
  const chain = new ChainBuilder(graph, layout, terms, gradients, pooling);
  const gradient = chain.backward(activations);
  graph.output(SUMS, graph.node("Concat", terms.sums(), { axis: 0n }), [objective.terms.length]);
  graph.output(GRADIENT, gradient, [1, size.height, size.width, 3]);
  return graph;
}

/** What a layer brings into the chain of gradients. */
interface Contribution {
  readonly activation: Activation;
  /** Sum of its content terms' gradients. */
  readonly content: Features | undefined;
  /** Of the max-pool above it. */
  readonly choice: PoolChoice | undefined;
  /** Of its ReLU. */
  readonly derivative: Features | undefined;
}

/** Adds the chain of gradients, from the deepest layer down to the picture, to a graph that has the terms. */
class ChainBuilder {
  readonly #graph: ModelBuilder;
  readonly #layout: Layout;
  readonly #terms: TermGraph;
  readonly #gradients: TermGradients;
  readonly #pooling: Pooling;

  constructor(graph: ModelBuilder, layout: Layout, terms: TermGraph, gradients: TermGradients, pooling: Pooling) {
    this.#graph = graph;
    this.#layout = layout;
    this.#terms = terms;
    this.#gradients = gradients;
    this.#pooling = pooling;
  }

  /**
   * Returns the picture's gradient (1, height, width, 3).
   *
   * ONNX Runtime runs what was added last as early as it can be run. So all that each layer brings into the chain of
   * gradients is added before the chain: else it would be computed for all layers at once, right after the forward pass,
   * and wait in memory for its turn.
   */
  backward(activations: readonly Activation[]): Tensor {
    const contributions = activations.map((each, i) =>
      this.#contribution(each, activations[i - 1], activations[i + 1])
    );
    let gradient: Features | undefined;
    let above: Activation | undefined;
    for (const contribution of contributions.reverse()) {
      const { activation, derivative } = contribution;
      gradient = this.#through(above, gradient, contribution);
      gradient = this.#gradients.addStyle(activation.layer.name, gradient)!;
      if (derivative) gradient = product(this.#graph, derivative, gradient);
      above = activation;
    }
    return this.#toPicture(above!, gradient!);
  }

  #contribution(activation: Activation, below: Activation | undefined, above: Activation | undefined): Contribution {
    return {
      activation,
      content: this.#gradients.content(activation.layer.name),
      choice: this.#isMaxPool(above) ? poolChoice(this.#graph, this.#layout, above!) : undefined,
      derivative: this.#derivesHere(activation, below, above)
        ? reluDerivative(this.#graph, activation.output)
        : undefined,
    };
  }

  /**
   * Whether a ReLU's derivative is taken at this layer. Where no term comes in between a ReLU and the max-pool above it,
   * the pool takes it in its place, on a quarter of the values: what it lets through is positive where its output is.
   */
  #derivesHere({ layer }: Activation, below: Activation | undefined, above: Activation | undefined): boolean {
    if (layer.kind === "conv") return this.#terms.at(layer.name).length > 0 || !this.#isMaxPool(above);
    return this.#pooling === "MAX" && this.#terms.at(below!.layer.name).length === 0;
  }

  #isMaxPool(activation: Activation | undefined): boolean {
    return activation?.layer.kind === "pool" && this.#pooling === "MAX";
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
    return content ? like(behind, this.#graph.node("Add", [behind.tensor, content.tensor])) : behind;
  }

  /** Through the first layer. */
  #toPicture({ layer }: Activation, gradient: Features): Tensor {
    if (layer.kind !== "conv") throw new Error("Cannot end at a pool: the network begins with a convolution");
    return pictureGradient(this.#graph, this.#layout, layer, gradient);
  }
}
