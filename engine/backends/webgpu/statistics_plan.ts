/**
 * What is taken of a picture before a transfer: features, Gram matrices.
 *
 * @module
 */
import { channelsAt, halvingsOf } from "../../objective/neighbors.ts";
import { deepestLayer, type Term } from "../../objective/objective.ts";
import type { FeatureMap } from "./feature_map.ts";
import { type NetworkOptions, planNetwork } from "./network_plan.ts";
import { addPlaces } from "./places_plan.ts";
import { Plan } from "./plan.ts";
import type { Program } from "./program.ts";
import { TermPlan } from "./term_plan.ts";

/** Buffer of the Gram matrix of a term. */
function gramBuffer(term: number): string {
  return `gram.${term}`;
}

/** Buffer of the means of a term's channels. */
function meansBuffer(term: number): string {
  return `means.${term}`;
}

/** Plans the features at `layers`, each in a buffer of the layer's name. */
export function planFeatures(network: Omit<NetworkOptions, "last">, layers: readonly string[]): Plan {
  const plan = new Plan();
  const last = deepestLayer(layers);
  const named = planNetwork(plan, { ...network, last }, (layer, i) => layers.includes(layer) ? layer : turns(i));
  for (const _ of named);
  return plan;
}

/** Buffer of a layer's features by place. */
function placesBuffer(layer: string): string {
  return `places.${layer}`;
}

/** Plans the features of places at `layers`, see `addPlaces()`. @returns The plan, and where they are, by layer. */
export function planPlaces(
  network: Omit<NetworkOptions, "last">,
  layers: readonly string[],
): { readonly plan: Plan; readonly maps: ReadonlyMap<string, FeatureMap> } {
  const plan = new Plan();
  const last = deepestLayer(layers);
  // A layer that is no finer than places stays where it is.
  const stays = (layer: string) => layers.includes(layer) && halvingsOf(layer) <= 0;
  const maps = new Map<string, FeatureMap>();
  const named = planNetwork(plan, { ...network, last }, (layer, i) => stays(layer) ? placesBuffer(layer) : turns(i));
  for (const { layer: { name }, output } of named) {
    if (layers.includes(name)) maps.set(name, addPlaces(plan, name, output, placesBuffer(name)));
  }
  return { plan, maps };
}

/**
 * Plans the figures of style terms: Gram matrices, and the channels' means where they are asked for.
 *
 * @param areas By term: H·W, or Σm² under its mask.
 */
export function planGrams(
  network: Omit<NetworkOptions, "last">,
  terms: readonly Term[],
  areas: readonly number[],
  moments = false,
): Plan {
  const plan = new Plan();
  const styles = terms.filter(({ kind }) => kind === "style");
  const last = deepestLayer(styles.map(({ layer }) => layer));
  const options = { terms, areas: null, normalize: false, whitened: () => false, moments };
  const termPlan = new TermPlan(plan, options);
  for (const { layer, output } of planNetwork(plan, { ...network, last }, (_, i) => turns(i))) {
    for (const index of termPlan.at(layer.name)) {
      if (terms[index]!.kind !== "style") continue;
      termPlan.gram(index, output, areas[index]!, plan.buffer(gramBuffer(index), output.channels ** 2));
      if (!moments) continue;
      termPlan.means(index, output, areas[index]!, plan.buffer(meansBuffer(index), output.channels));
    }
  }
  return plan;
}

/** Runs a program of `planGrams()`, and reads the figures of some of its terms. */
export async function readFigures(
  program: Program,
  terms: readonly { readonly layer: string; readonly index: number }[],
  moments: boolean,
): Promise<Float32Array[]> {
  const readings = terms.flatMap(({ layer, index }) => {
    const channels = channelsAt(layer);
    const gram = program.reading(gramBuffer(index), channels ** 2);
    return moments ? [gram, program.reading(meansBuffer(index), channels)] : [gram];
  });
  const values = await program.run(readings);
  if (!moments) return values;
  return terms.map((_, i) => joined(values[2 * i]!, values[2 * i + 1]!));
}

/** Plans the norms of all terms' gradients in a tile. */
export function planNorms(network: Omit<NetworkOptions, "last">, terms: readonly Term[], moments = false): Plan {
  const plan = new Plan();
  const last = deepestLayer(terms.map(({ layer }) => layer));
  const termPlan = new TermPlan(plan, { terms, areas: null, normalize: true, whitened: () => false, moments });
  for (const { layer, output } of planNetwork(plan, { ...network, last }, (_, i) => turns(i))) {
    for (const index of termPlan.at(layer.name)) termPlan.norm(index, output);
  }
  return plan;
}

/** Two buffers that take turns. */
function turns(index: number): string {
  return `features.${index % 2}`;
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
