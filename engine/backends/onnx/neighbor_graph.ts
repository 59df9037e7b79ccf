/**
 * Neighbours in a graph: features of places, how far they are from those that they have taken, and the gradient.
 *
 * @module
 */
import { LEAST_LENGTH, placeSize } from "../../objective/neighbors.ts";
import { AVERAGE_POOL_GAIN } from "../../objective/pooling.ts";
import type { Size } from "../../picture.ts";
import { averagePoolGradient } from "./backward.ts";
import { type Features, type Layout, like } from "./layout.ts";
import { ints, ModelBuilder, type Tensor } from "./model.ts";

/** How far a term is from its target, and the gradient at its layer, both without any factor. */
export interface NeighborComparison {
  /** Σ m² (1 − cos). */
  readonly sum: Tensor;
  readonly gradient: Features;
}

/**
 * Compares a layer with what its places have taken.
 *
 * @param output Of the layer's own size.
 * @param target Unit vectors, of the grid's size.
 * @param mask Of the grid's size; undefined for the whole picture.
 */
export function compareNeighbors(
  graph: ModelBuilder,
  layout: Layout,
  output: Features,
  grid: Size,
  target: Tensor,
  mask: Tensor | undefined,
): NeighborComparison {
  const pools = coarsened(graph, layout, output, grid);
  const x = pools.at(-1)!;
  const wanted = like(x, target);
  const calculate = (operator: string, ...inputs: Tensor[]) => graph.node(operator, inputs);
  const constant = (value: number) => graph.floats([value]);

  const squares = calculate("Add", layout.channelDot(graph, x, x), constant(LEAST_LENGTH));
  const length = calculate("Sqrt", squares);
  const cosine = calculate("Div", layout.channelDot(graph, x, wanted), length);
  const weigh = (values: Tensor) => mask ? calculate("Mul", values, calculate("Mul", mask, mask)) : values;
  const repeats = layout.maskShape(1)[1]!;
  const distances = calculate("Mul", weigh(calculate("Sub", constant(1), cosine)), constant(1 / repeats));

  // d(1 − cos)/dx = (cos x / |x| − t) / |x|; what averages pools took is given back to all that were averaged.
  const gain = constant(AVERAGE_POOL_GAIN ** (1 - pools.length));
  const pull = calculate("Mul", weigh(calculate("Div", constant(-1), length)), gain);
  const push = calculate("Mul", weigh(calculate("Div", cosine, squares)), gain);
  const sum = calculate(
    "Add",
    layout.scalePixels(graph, wanted, pull).tensor,
    layout.scalePixels(graph, x, push).tensor,
  );
  let gradient = like(x, sum);
  for (let i = pools.length - 1; i > 0; i--) {
    gradient = averagePoolGradient(graph, layout, { input: pools[i - 1]!, output: pools[i]! }, gradient);
  }
  return { sum: sumOf(graph, distances), gradient };
}

/** A layer's features by place: (places, channels). */
export function placeRows(graph: ModelBuilder, layout: Layout, output: Features, size: Size): Tensor {
  const places = placeSize(size);
  const { tensor, channels } = refined(graph, layout, coarsened(graph, layout, output, places).at(-1)!, size);
  const planar = layout.toPlanar(graph, { tensor, channels, ...places }, channels);
  const flat = graph.node("Reshape", [planar, graph.ints([channels, places.width * places.height])]);
  return graph.node("Transpose", [flat], { perm: ints(1, 0) });
}

/** Input and output of {@linkcode buildNearestGraph}. */
export const QUERIES = "queries";
export const CANDIDATES = "candidates";
export const NEAREST = "nearest";

/** Graph with the index of the candidate that has the largest dot product with each query, the first of equals. */
export function buildNearestGraph(queries: number, candidates: number, length: number): ModelBuilder {
  const graph = new ModelBuilder();
  graph.input(QUERIES, [queries, length]);
  graph.input(CANDIDATES, [candidates, length]);
  const products = graph.node("Gemm", [QUERIES, CANDIDATES], { transB: 1n });
  const indices = graph.node("ArgMax", [products], { axis: 1n, keepdims: 0n });
  // Exact: there are fewer candidates than float32 has whole numbers.
  graph.output(NEAREST, graph.node("Cast", [indices], { to: 1n }), [queries]);
  return graph;
}

/** A map, and its averages over 2×2 values down to the size of `grid`; it alone where it is no finer. */
function coarsened(graph: ModelBuilder, layout: Layout, output: Features, grid: Size): [Features, ...Features[]] {
  const pools: [Features, ...Features[]] = [output];
  for (let x = output; x.width > grid.width || x.height > grid.height; pools.push(x)) {
    x = layout.pool(graph, x, "AveragePool");
  }
  return pools;
}

/** A map that is coarser than places are, each value repeated for its places. */
function refined(graph: ModelBuilder, layout: Layout, x: Features, size: Size): Features {
  const { width, height } = placeSize(size);
  if (x.width >= width && x.height >= height) return x;
  // Of conv5, in two steps, the first of which ends at conv4's size.
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const near = x.width < half.width || x.height < half.height ? layout.upsample(graph, x, half.height, half.width) : x;
  return layout.upsample(graph, near, height, width);
}

/** The sum of all values, row by row and then of the rows' sums, as one number in a vector. */
function sumOf(graph: ModelBuilder, row: Tensor): Tensor {
  return graph.node("ReduceSum", [graph.node("Reshape", [row, graph.ints([-1])])], { keepdims: 1n });
}
