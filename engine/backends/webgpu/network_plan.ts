import type { Pooling } from "../../options/options.ts";
import type { Size } from "../../picture.ts";
import { featureMaps } from "../../objective/objective.ts";
import type { ConvLayer, PoolLayer } from "../../vgg16.ts";
import { type FeatureMap, mapLength } from "./feature_map.ts";
import { conv } from "./kernels/conv.ts";
import type { TileCosts } from "./kernels/conv_tile.ts";
import { enter, pictureLength } from "./kernels/enter.ts";
import { pool } from "./kernels/pool.ts";
import { PARAMETERS } from "./parameters.ts";
import type { Plan } from "./plan.ts";
import { addWinograd } from "./winograd_plan.ts";

/** Buffer of a plan: the picture, three values a pixel, RGB, 0–255. */
export const PICTURE = "picture";

/** A layer with what it gives out. */
export interface Activation {
  readonly layer: ConvLayer | PoolLayer;
  readonly output: FeatureMap;
}

/** What a forward pass goes through. */
export interface NetworkOptions {
  readonly size: Size;
  /** The layer that it ends with. */
  readonly last: string;
  readonly pooling: Pooling;
  /** RGB. */
  readonly mean: readonly [number, number, number];
  /** What was measured of the device; nothing where it is left out. */
  readonly tileCosts?: TileCosts;
  /** Whether features are held in 16 bits, see `half.ts`; in 32 where it is left out. */
  readonly half?: boolean;
  /** Which layers go through Winograd's convolution; none where it is left out. */
  readonly winograd?: (layer: ConvLayer, from: FeatureMap, to: FeatureMap) => boolean;
}

/** The buffer that a layer gives out to; two that take turns will do where nothing looks back. */
export type NameOutput = (layer: string, index: number) => string;

/**
 * The network forward, one layer at a time: what comes after a layer can be planned before the next one is.
 *
 * @param name Names the buffer of a layer.
 */
export function* planNetwork(
  plan: Plan,
  { size, last, pooling, mean, tileCosts, half = false, winograd = () => false }: NetworkOptions,
  name: NameOutput = (layer) => layer,
): Generator<Activation, void> {
  const entered = mapOf(plan, "entered", { ...size, channels: 3 });
  plan.add(enter(plan.buffer(PICTURE, pictureLength(size)), entered, mean));
  let input = entered;
  for (const [i, { layer, ...shape }] of featureMaps(size, last).entries()) {
    const output = mapOf(plan, name(layer.name, i), shape, half);
    if (layer.kind === "pool") plan.add(pool(input, output, pooling));
    else {
      const bias = PARAMETERS.bias(plan, layer);
      if (winograd(layer, input, output)) {
        addWinograd(plan, input, PARAMETERS.winogradKernel(plan, layer), output, { bias });
      } else plan.add(...conv(input, PARAMETERS.kernel(plan, layer), output, { bias }, tileCosts));
    }
    yield { layer, output };
    input = output;
  }
}

/** A map in a buffer of that name, which may hold a larger one at another time. */
export function mapOf(
  plan: Plan,
  name: string,
  { width, height, channels }: Omit<FeatureMap, "buffer">,
  half = false,
): FeatureMap {
  const shape = { width, height, channels };
  return { ...shape, buffer: plan.buffer(name, mapLength(shape), half) };
}
