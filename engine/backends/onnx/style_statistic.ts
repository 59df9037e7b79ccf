import type { StyleComparison, StyleStatistic } from "../../objective/style_statistic.ts";
import type { Features, Layout } from "./layout.ts";
import type { ModelBuilder, Tensor } from "./model.ts";
import { sumOfSquares } from "./sum_of_squares.ts";

/** Gram matrices and their comparison in a graph, all of it in float32. */
export class GraphStyleStatistic implements StyleStatistic<Features, Tensor, Tensor> {
  readonly #graph: ModelBuilder;
  readonly #layout: Layout;
  readonly #channels: number;

  constructor(graph: ModelBuilder, layout: Layout, channels: number) {
    this.#graph = graph;
    this.#layout = layout;
    this.#channels = channels;
  }

  of(features: Features, area: number): Tensor {
    return this.#layout.exact.gram(this.#graph, features, 1 / (area * this.#channels));
  }

  compare(gram: Tensor, target: Tensor, whitener: Tensor | undefined): StyleComparison<Tensor, Tensor> {
    const graph = this.#graph;
    const difference = graph.node("Sub", [gram, target]);
    if (whitener === undefined) return { squares: sumOfSquares(graph, difference, this.#channels), difference };
    const whitened = graph.node("Gemm", [graph.node("MatMul", [whitener, difference]), whitener], { transB: 1n });
    const squares = sumOfSquares(graph, whitened, this.#channels);
    const right = graph.node("MatMul", [whitened, whitener]);
    return { squares, difference: graph.node("Gemm", [whitener, right], { transA: 1n }) };
  }
}
