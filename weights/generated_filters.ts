/**
 * Convolutions that were never trained: seeded random kernels. In so many dimensions they are nearly orthogonal, and
 * their scale keeps the size of activations from layer to layer.
 *
 * @module
 */
import { Random } from "../engine/descent/random.ts";
import { CONV_LAYERS, type ConvLayer, type ConvParameters } from "../engine/vgg16.ts";

/** Parameters of one layer, the same for the same seed everywhere: uniform kernels of He's variance 2 / inputs, no bias. */
export function generateConvolution(layer: ConvLayer, seed: number): ConvParameters {
  const random = new Random(seed * 31 + CONV_LAYERS.indexOf(layer));
  const inputs = 9 * layer.inChannels;
  const reach = Math.sqrt(6 / inputs);
  const kernel = new Float32Array(inputs * layer.outChannels);
  for (let i = 0; i < kernel.length; i++) kernel[i] = (2 * random.uniform() - 1) * reach;
  return { kernel, bias: new Float32Array(layer.outChannels) };
}
