import type { ModelBuilder, Tensor } from "./model.ts";

/**
 * Σ x², as one number in a vector.
 *
 * In two stages: one float32 sum over all values loses the small ones to rounding, 2e-5 of it at conv4_3.
 *
 * @param channels The number of rows that the values are cut into; it has to divide their number.
 */
export function sumOfSquares(graph: ModelBuilder, tensor: Tensor, channels: number): Tensor {
  const rows = graph.node("Reshape", [tensor, graph.ints([channels, -1])]);
  const sums = graph.node("ReduceSumSquare", [rows, graph.ints([1])], { keepdims: 0n });
  return graph.node("ReduceSum", [sums], { keepdims: 1n });
}
