/**
 * The graphs of a blockwise evaluation's passes over a tile: Gram matrices, norms, gradient. The last is a step graph.
 *
 * @module
 */
import type { TileObjective } from "../backend.ts";
import { deepestLayer, type Objective } from "../../objective/objective.ts";
import type { Layout } from "./layout.ts";
import { ModelBuilder } from "./model.ts";
import { forward } from "./network.ts";
import { buildStepGraph } from "./step_graph.ts";
import { GraphStyleStatistic } from "./style_statistic.ts";
import { type StepVariant, TermGraph } from "./terms.ts";

/** Output: for each term the L1 norm of its gradient at its layer. */
export const NORMS = "norms";
/** Output: a style term's share of its Gram matrix. */
export function gramOutput(term: number): string {
  return `gram.${term}`;
}

const TILE: StepVariant = { areas: [], tile: true };

/** Graph with the style terms' Gram matrices. */
export function buildGramGraph(tile: TileObjective, layout: Layout, areas: readonly number[]): ModelBuilder {
  const styles = tile.terms.flatMap((term, index) => term.kind === "style" ? [{ term, index }] : []);
  const graph = new ModelBuilder();
  const terms = new TermGraph(graph, layout, objectiveOf(tile), TILE);
  const last = deepestLayer(styles.map(({ term }) => term.layer));
  for (const { layer, output } of forward(graph, layout, tile.size, last, tile.pooling)) {
    for (const { term, index } of styles) {
      if (term.layer !== layer.name) continue;
      const { channels } = output;
      const statistic = new GraphStyleStatistic(graph, layout, channels);
      const gram = statistic.of(terms.features(term, output), areas[index]!);
      graph.output(gramOutput(index), gram, [channels, channels]);
    }
  }
  return graph;
}

/** Graph with the norms of all terms' gradients at their layers. */
export function buildNormGraph(tile: TileObjective, layout: Layout): ModelBuilder {
  const graph = new ModelBuilder();
  const terms = new TermGraph(graph, layout, objectiveOf(tile), TILE);
  const norms: string[] = [];
  const last = deepestLayer(tile.terms.map((term) => term.layer));
  for (const { layer, output } of forward(graph, layout, tile.size, last, tile.pooling)) {
    tile.terms.forEach((term, index) => {
      if (term.layer !== layer.name) return;
      const inner = terms.inner(term, index, output);
      const rows = graph.node("Reshape", [inner.tensor, graph.ints([output.channels, -1])]);
      const sums = graph.node("ReduceL1", [rows, graph.ints([1])], { keepdims: 0n });
      norms[index] = graph.node("ReduceSum", [sums], { keepdims: 1n });
    });
  }
  graph.output(NORMS, graph.node("Concat", norms, { axis: 0n }), [norms.length]);
  return graph;
}

/** Graph with the gradient to the tile's pixels and the content terms' sums. */
export function buildGradientGraph(tile: TileObjective, layout: Layout): ModelBuilder {
  return buildStepGraph(objectiveOf(tile), layout, TILE);
}

/** Masks come with every tile; normalisation lies in the factors. */
function objectiveOf(tile: TileObjective): Objective {
  return { ...tile, masks: [], normalizeGradients: false };
}
