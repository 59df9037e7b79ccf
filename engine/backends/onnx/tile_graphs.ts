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
import { type StepVariant, TermGraph } from "./terms.ts";

/** Output: for each term the L1 norm of its gradient at its layer. */
export const NORMS = "norms";
/** Output: a style term's share of its figures. */
export function gramOutput(term: number): string {
  return `gram.${term}`;
}

const TILE: StepVariant = { areas: [], tile: true };

/** Graph with the style terms' figures. */
export function buildGramGraph(tile: TileObjective, layout: Layout, areas: readonly number[]): ModelBuilder {
  const graph = new ModelBuilder();
  const styles = tile.terms.filter(({ kind }) => kind === "style");
  const last = deepestLayer(styles.map(({ layer }) => layer));
  const activations = forward(graph, layout, tile.size, last, tile.pooling);
  const terms = new TermGraph(graph, layout, objectiveOf(tile), TILE, activations);
  for (const { layer, output: { channels } } of activations) {
    for (const { term, index } of terms.at(layer.name)) {
      if (term.kind !== "style") continue;
      const rows = channels + (tile.moments ? 1 : 0);
      graph.output(gramOutput(index), terms.figures(index, areas[index]!), [rows, channels]);
    }
  }
  return graph;
}

/** Graph with the norms of all terms' gradients at their layers. */
export function buildNormGraph(tile: TileObjective, layout: Layout): ModelBuilder {
  const graph = new ModelBuilder();
  const last = deepestLayer(tile.terms.map((term) => term.layer));
  const activations = forward(graph, layout, tile.size, last, tile.pooling);
  const terms = new TermGraph(graph, layout, objectiveOf(tile), TILE, activations);
  const norms: string[] = [];
  for (const { layer, output } of activations) {
    for (const { index } of terms.at(layer.name)) {
      const rows = graph.node("Reshape", [terms.inner(index).tensor, graph.ints([output.channels, -1])]);
      const sums = graph.node("ReduceL1", [rows, graph.ints([1])], { keepdims: 0n });
      norms[index] = graph.node("ReduceSum", [sums], { keepdims: 1n });
    }
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
