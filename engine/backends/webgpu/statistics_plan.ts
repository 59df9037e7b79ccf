/**
 * What is taken of a picture before a transfer: features, Gram matrices.
 *
 * @module
 */
import { deepestLayer, type Term } from "../../objective/objective.ts";
import { type NetworkOptions, planNetwork } from "./network_plan.ts";
import { Plan } from "./plan.ts";
import { TermPlan } from "./term_plan.ts";

/** Buffer of the Gram matrix of a term. */
export function gramBuffer(term: number): string {
  return `gram.${term}`;
}

/** Plans the features at `layers`, each in a buffer of the layer's name. */
export function planFeatures(network: Omit<NetworkOptions, "last">, layers: readonly string[]): Plan {
  const plan = new Plan();
  const last = deepestLayer(layers);
  const named = planNetwork(plan, { ...network, last }, (layer, i) => layers.includes(layer) ? layer : turns(i));
  for (const _ of named);
  return plan;
}

/**
 * Plans the Gram matrices of style terms.
 *
 * @param areas By term: H·W, or Σm² under its mask.
 */
export function planGrams(
  network: Omit<NetworkOptions, "last">,
  terms: readonly Term[],
  areas: readonly number[],
): Plan {
  const plan = new Plan();
  const styles = terms.filter(({ kind }) => kind === "style");
  const last = deepestLayer(styles.map(({ layer }) => layer));
  const options = { terms, areas: null, normalize: false, whitened: () => false };
  const termPlan = new TermPlan(plan, options);
  for (const { layer, output } of planNetwork(plan, { ...network, last }, (_, i) => turns(i))) {
    for (const index of termPlan.at(layer.name)) {
      if (terms[index]!.kind !== "style") continue;
      termPlan.gram(index, output, areas[index]!, plan.buffer(gramBuffer(index), output.channels ** 2));
    }
  }
  return plan;
}

/** Plans the norms of all terms' gradients in a tile. */
export function planNorms(network: Omit<NetworkOptions, "last">, terms: readonly Term[]): Plan {
  const plan = new Plan();
  const last = deepestLayer(terms.map(({ layer }) => layer));
  const termPlan = new TermPlan(plan, { terms, areas: null, normalize: true, whitened: () => false });
  for (const { layer, output } of planNetwork(plan, { ...network, last }, (_, i) => turns(i))) {
    for (const index of termPlan.at(layer.name)) termPlan.norm(index, output);
  }
  return plan;
}

/** Two buffers that take turns. */
function turns(index: number): string {
  return `features.${index % 2}`;
}
