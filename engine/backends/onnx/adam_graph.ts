import type { Size } from "../../picture.ts";
import { ModelBuilder, type Tensor } from "./model.ts";

/** Inputs (1, height, width, 3): picture and moments. */
export const MOVING = ["pixels", "first", "second"] as const;
/** The output that takes an input's place in the next step. */
export function moved(name: string): string {
  return `${name}.moved`;
}
/** Input: β₁, 1 − β₁, β₂, 1 − β₂, learning rate and correction of this step, ε, factor of total variation's gradient. */
export const NUMBERS = "numbers";
/** Output: sum of squared differences between neighbours, and the gradient's L1 norm. */
export const REPORT = "report";

/** One step of Adam along `gradient` and that of total variation, see `Adam` and `addTotalVariation()`. */
export function buildAdamGraph({ width, height }: Size): ModelBuilder {
  const graph = new ModelBuilder();
  const shape = [1, height, width, 3];
  const [pixels, first, second, along] = [...MOVING, "gradient"].map((name) => graph.input(name, shape)) as Four;
  graph.input(NUMBERS, [8]);
  const number = (index: number) => graph.node("Slice", [NUMBERS, graph.ints([index]), graph.ints([index + 1])]);
  const calculate = (operator: string, ...inputs: Tensor[]) => graph.node(operator, inputs);

  const variation = totalVariation(graph, pixels, { width, height });
  const gradient = variation.pulls
    ? calculate("Add", along, calculate("Mul", variation.pulls, number(7)))
    : calculate("Identity", along);
  const nextFirst = calculate("Add", calculate("Mul", first, number(0)), calculate("Mul", gradient, number(1)));
  const square = calculate("Mul", gradient, gradient);
  const nextSecond = calculate("Add", calculate("Mul", second, number(2)), calculate("Mul", square, number(3)));
  const scale = calculate("Add", calculate("Mul", calculate("Sqrt", nextSecond), number(5)), number(6));
  const move = calculate("Div", calculate("Mul", nextFirst, number(4)), scale);
  const next = [calculate("Sub", pixels, move), nextFirst, nextSecond];
  MOVING.forEach((name, i) => graph.output(moved(name), next[i]!, shape));

  const flat = calculate("Reshape", gradient, graph.ints([height, -1]));
  const norms = graph.node("ReduceL1", [flat, graph.ints([1])], { keepdims: 0n });
  const norm = graph.node("ReduceSum", [norms], { keepdims: 1n });
  graph.output(REPORT, graph.node("Concat", [variation.sum, norm], { axis: 0n }), [2]);
  return graph;
}

type Four = [Tensor, Tensor, Tensor, Tensor];

/** Sum of squared differences to the right and lower neighbour (1), and half its gradient; null for a single pixel. */
function totalVariation(graph: ModelBuilder, pixels: Tensor, { width, height }: Size) {
  let sum = graph.floats([0], [1]);
  let pulls: Tensor | null = null;
  for (const [axis, length] of [[2, width], [1, height]] as const) {
    if (length < 2) continue;
    const part = (from: number, to: number) =>
      graph.node("Slice", [pixels, graph.ints([from]), graph.ints([to]), graph.ints([axis])]);
    const difference = graph.node("Sub", [part(1, length), part(0, length - 1)]);
    const rows = graph.node("Reshape", [difference, graph.ints([axis === 2 ? height : height - 1, -1])]);
    const sums = graph.node("ReduceSumSquare", [rows, graph.ints([1])], { keepdims: 0n });
    sum = graph.node("Add", [sum, graph.node("ReduceSum", [sums], { keepdims: 1n })]);
    const pads = (before: number) => {
      const at = [0, 0, 0, 0, 0, 0, 0, 0];
      at[axis] = before;
      at[axis + 4] = 1 - before;
      return graph.node("Pad", [difference, graph.ints(at)]);
    };
    const pull = graph.node("Sub", [pads(1), pads(0)]);
    pulls = pulls ? graph.node("Add", [pulls, pull]) : pull;
  }
  return { sum, pulls };
}
