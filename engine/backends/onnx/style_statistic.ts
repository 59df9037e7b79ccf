import type { MomentComparison } from "../../objective/moments.ts";
import type { StyleComparison, StyleStatistic } from "../../objective/style_statistic.ts";
import type { Features, Layout } from "./layout.ts";
import type { ModelBuilder, Tensor } from "./model.ts";
import { sumOfSquares } from "./sum_of_squares.ts";

/** Gram matrices, moments and their comparison in a graph. */
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
    return this.#layout.gram(this.#graph, features, 1 / (area * this.#channels));
  }

  means(features: Features, area: number): Tensor {
    return this.#layout.channelSums(this.#graph, features, 1 / area);
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

  compareMoments(gram: Tensor, means: Tensor, target: Tensor): MomentComparison<Tensor, Tensor> {
    const graph = this.#graph;
    const channels = this.#channels;
    const row = (index: number) => graph.node("Slice", [target, graph.ints([index]), graph.ints([index + 1])]);
    const calculate = (operator: string, ...inputs: Tensor[]) => graph.node(operator, inputs);
    const [wantedMeans, wantedDeviations, epsilon, factor] = [0, 1, 2, 3].map(row) as [Tensor, Tensor, Tensor, Tensor];

    const meanSquares = calculate("Mul", this.#diagonal(gram), graph.floats([channels]));
    const variances = calculate("Relu", calculate("Sub", meanSquares, calculate("Mul", means, means)));
    const deviations = calculate("Sqrt", calculate("Add", variances, epsilon));
    const meanShift = calculate("Sub", means, wantedMeans);
    const shift = calculate("Sub", deviations, wantedDeviations);
    const both = graph.node("Concat", [meanShift, shift], { axis: 0n });
    const squares = calculate("Mul", calculate("Mul", both, both), factor);

    const half = calculate("Mul", factor, graph.floats([channels / 2]));
    const slope = calculate("Mul", half, calculate("Div", shift, deviations));
    const offset = calculate("Sub", calculate("Mul", half, meanShift), calculate("Mul", slope, means));
    return { squares: sumOf(graph, squares), slope, offset };
  }

  /** A matrix with a row added to its diagonal. */
  addDiagonal(matrix: Tensor, row: Tensor): Tensor {
    const side = this.#channels;
    const zeros = this.#graph.node("ConstantOfShape", [this.#graph.ints([side, side])]);
    const identity = this.#graph.node("EyeLike", [zeros]);
    return this.#graph.node("Add", [matrix, this.#graph.node("Mul", [identity, row])]);
  }

  /** The diagonal as a row: every value that is `channels` + 1 after the one before. */
  #diagonal(matrix: Tensor): Tensor {
    const graph = this.#graph;
    const side = this.#channels;
    const flat = graph.node("Reshape", [matrix, graph.ints([1, side * side])]);
    return graph.node("Slice", [
      flat,
      graph.ints([0]),
      graph.ints([side * side]),
      graph.ints([1]),
      graph.ints([side + 1]),
    ]);
  }
}

/** The sum of all values, as one number in a vector. */
function sumOf(graph: ModelBuilder, tensor: Tensor): Tensor {
  return graph.node("ReduceSum", [graph.node("Reshape", [tensor, graph.ints([-1])])], { keepdims: 1n });
}
