/**
 * The whole step: network, losses, and the gradient of their weighted sum with respect to the picture.
 *
 * @module
 */
import { deepestLayer } from "../../objective/objective.ts";
import type { ConvLayer } from "../../vgg16.ts";
import type { FeatureMap } from "./feature_map.ts";
import { conv } from "./kernels/conv.ts";
import { poolGradient } from "./kernels/pool_gradient.ts";
import { type Activation, mapOf, type NetworkOptions, planNetwork } from "./network_plan.ts";
import { PARAMETERS } from "./parameters.ts";
import { Plan } from "./plan.ts";
import { addWinograd, roundableLayers, winogradPays } from "./winograd_plan.ts";
import { FACTORS, NORMS, SUMS, TermPlan, type TermsOptions } from "./term_plan.ts";

/** A step, and where the gradient lies behind it: a quad a pixel. */
export interface StepPlan {
  readonly plan: Plan;
  readonly gradient: FeatureMap;
}

/**
 * Plans the step of an objective.
 *
 * @param pays Which convolutions take less time by Winograd's: of gradients, and of the layers that may be rounded so.
 */
export function planStep(
  network: Omit<NetworkOptions, "last" | "winograd">,
  options: TermsOptions,
  pays: typeof winogradPays = winogradPays,
): StepPlan {
  const plan = new Plan();
  const last = deepestLayer(options.terms.map(({ layer }) => layer));
  for (const name of [SUMS, NORMS, FACTORS]) plan.buffer(name, options.terms.length);
  const roundable = roundableLayers(last, options.terms);
  const winograd: NetworkOptions["winograd"] = ({ name }, from, to) => roundable.has(name) && pays(from, to);
  const activations = [...planNetwork(plan, { ...network, last, winograd })];
  const terms = new TermPlan(plan, options);
  let above: Activation | undefined;
  let gradient: FeatureMap | undefined;
  // Two buffers take turns: the gradient at a layer is computed from that at the layer above.
  let turn = 0;
  for (const activation of activations.reverse()) {
    const { layer, output } = activation;
    const next = mapOf(plan, `gradient.${turn}`, output);
    const indices = terms.at(layer.name);
    indices.forEach((index, i) => {
      const derivative = above === undefined && i === indices.length - 1;
      terms.add(index, output, { gradient: next, sum: i > 0, derivative });
    });
    if (above) addThrough(plan, above, gradient!, activation, next, indices.length > 0, network, pays);
    [above, gradient, turn] = [activation, next, 1 - turn];
  }
  const picture = mapOf(plan, `gradient.${turn}`, { ...network.size, channels: 3 });
  plan.add(...conv(gradient!, PARAMETERS.gradient(plan, above!.layer as ConvLayer), picture, {}, network.tileCosts));
  return { plan, gradient: picture };
}

/** The gradient at a layer, before its ReLU where it has one, from that before the layer `above` it. */
function addThrough(
  plan: Plan,
  above: Activation,
  gradient: FeatureMap,
  below: Activation,
  next: FeatureMap,
  sum: boolean,
  { pooling, tileCosts }: Pick<NetworkOptions, "pooling" | "tileCosts">,
  pays: typeof winogradPays,
): void {
  if (above.layer.kind === "pool") {
    plan.add(poolGradient(below.output, gradient, next, pooling, sum));
    return;
  }
  const activation = below.layer.kind === "conv" ? below.output : undefined;
  if (pays(gradient, next)) {
    addWinograd(plan, gradient, PARAMETERS.winogradGradient(plan, above.layer), next, { sum, activation });
  } else plan.add(...conv(gradient, PARAMETERS.gradient(plan, above.layer), next, { sum, activation }, tileCosts));
}
