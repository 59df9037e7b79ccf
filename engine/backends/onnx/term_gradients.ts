import { type Features, type Layout, like } from "./layout.ts";
import type { ModelBuilder } from "./model.ts";
import type { TermGraph } from "./terms.ts";

/** The terms' gradients at their layers, as the chain of gradients takes them: weighted and normalised. */
export class TermGradients {
  readonly #graph: ModelBuilder;
  readonly #layout: Layout;
  readonly #terms: TermGraph;
  readonly #normalize: boolean;

  /** @param normalize Whether each gradient is divided by its L1 norm. */
  constructor(graph: ModelBuilder, layout: Layout, terms: TermGraph, normalize: boolean) {
    this.#graph = graph;
    this.#layout = layout;
    this.#terms = terms;
    this.#normalize = normalize;
  }

  /** Sum of a layer's content terms' gradients. */
  content(layer: string): Features | undefined {
    let sum: Features | undefined;
    for (const { term, index } of this.#terms.at(layer)) {
      if (term.kind === "content") sum = this.#add(this.#gradient(index), sum);
    }
    return sum;
  }

  /** A gradient at a layer with those of its style terms added. */
  addStyle(layer: string, start: Features | undefined): Features | undefined {
    let sum = start;
    for (const { term, index } of this.#terms.at(layer)) {
      if (term.kind === "content") continue;
      const plain = !this.#normalize && this.#terms.isPlain(index);
      sum = plain ? this.#convolved(index, sum) : this.#add(this.#gradient(index), sum);
    }
    return sum;
  }

  /** (G − A) F is a 1×1 convolution with the matrix G − A, and convolutions add to a sum and an offset for nothing. */
  #convolved(index: number, sum: Features | undefined): Features {
    const features = this.#terms.features(index);
    const { channels } = features;
    const factor = this.#terms.factor(index);
    const matrix = this.#graph.node("Mul", [this.#terms.styleDifference(index), factor]);
    const kernel = this.#layout.symmetricKernel(this.#graph, matrix, channels);
    const offset = this.#terms.styleOffset(index);
    const bias = offset && { bias: this.#graph.node("Mul", [offset, factor]) };
    return this.#layout.conv(this.#graph, features, kernel, channels, { side: 1, sum, ...bias });
  }

  #gradient(index: number): Features {
    const inner = this.#terms.inner(index);
    let factor = this.#terms.factor(index);
    if (this.#normalize) {
      const flat = this.#graph.node("Reshape", [inner.tensor, this.#graph.ints([-1])]);
      const norm = this.#graph.node("ReduceL1", [flat], { keepdims: 1n });
      factor = this.#graph.node("Div", [factor, this.#graph.node("Add", [norm, this.#graph.floats([1e-8])])]);
    }
    return like(inner, this.#graph.node("Mul", [inner.tensor, factor]));
  }

  #add(a: Features, b: Features | undefined): Features {
    return b ? like(a, this.#graph.node("Add", [a.tensor, b.tensor])) : a;
  }
}
