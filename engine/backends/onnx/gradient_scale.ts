import type { ModelBuilder, Tensor } from "./model.ts";

/**
 * L2 norm that gradients of 16 bits have together where the terms bring them in. No value is larger than that, and
 * float16's largest is 256 times as large: room for what convolutions make of it on the way to the picture. Of a picture
 * of 28 million values, at whose 64 channels a typical one is then 2⁻⁴, it keeps those down to 2⁻²⁴.
 */
const NORM = 256;
/** Keeps a vanished gradient from being divided by zero. */
const SMALLEST_NORM = 1e-30;

/**
 * What all gradients of a step are multiplied by between the terms and the picture: theirs are often below float16's
 * smallest number.
 *
 * @param norms Of each term's gradient at its layer an upper bound of the L2 norm: (1).
 */
export function gradientScale(graph: ModelBuilder, norms: readonly Tensor[]): Tensor {
  const sum = norms.reduce((a, b) => graph.node("Add", [a, b]));
  return graph.node("Div", [graph.floats([NORM]), graph.node("Add", [sum, graph.floats([SMALLEST_NORM])])]);
}
