import { CONV_LAYERS, type ConvLayer, type Vgg16Parameters } from "../../vgg16.ts";
import type { Layout, Packed } from "./layout.ts";
import {
  biasInput,
  gradientKernelInput,
  gradientWinogradInput,
  kernelInput,
  MEAN,
  PICTURE_GRADIENT_CHANNELS,
  PICTURE_GRADIENT_SIDE,
  winogradInput,
} from "./network.ts";

/** VGG16's parameters packed for a layout, by the graph inputs that take them; packed when first asked for. */
export class PackedParameters {
  readonly #parameters: Vgg16Parameters;
  readonly #layout: Layout;
  readonly #packed = new Map<string, Packed>();

  constructor(parameters: Vgg16Parameters, layout: Layout) {
    this.#parameters = parameters;
    this.#layout = layout;
  }

  /** The parameter for a graph input, or undefined when the input is none of the parameters'. */
  get(input: string): Packed | undefined {
    const known = this.#packed.get(input);
    if (known) return known;
    const packed = this.#pack(input);
    if (packed) this.#packed.set(input, packed);
    return packed;
  }

  #pack(input: string): Packed | undefined {
    if (input === MEAN) {
      return { data: Float32Array.from(this.#parameters.inputMean).reverse(), shape: [1, 3, 1, 1] };
    }
    const layer = CONV_LAYERS.find(({ name }) => input.startsWith(`${name}.`));
    const parameters = layer && this.#parameters.convs.get(layer.name);
    if (!parameters) return undefined;
    const { inChannels, outChannels } = layer;
    switch (input) {
      case kernelInput(layer.name):
        return this.#layout.packKernel(forRgb(layer, parameters.kernel), 3, inChannels, outChannels);
      case biasInput(layer.name):
        return this.#layout.packBias(parameters.bias);
      case gradientKernelInput(layer.name):
        return this.#packGradient(layer, transposed(layer, forRgb(layer, parameters.kernel)));
      case winogradInput(layer.name):
        return this.#layout.winograd?.packKernel(parameters.kernel, inChannels, outChannels);
      case gradientWinogradInput(layer.name):
        return this.#layout.winograd?.packKernel(transposed(layer, parameters.kernel), outChannels, inChannels);
    }
    return undefined;
  }

  #packGradient({ inChannels, outChannels }: ConvLayer, kernel: Float32Array): Packed {
    if (inChannels > 3) return this.#layout.packKernel(kernel, 3, outChannels, inChannels);
    return this.#layout.packKernel(
      forQuads(kernel, outChannels),
      PICTURE_GRADIENT_SIDE,
      outChannels,
      PICTURE_GRADIENT_CHANNELS,
    );
  }
}

/** The picture is RGB, VGG16 wants BGR: the first kernel's input channels change places, so that no pixel has to. */
function forRgb(layer: ConvLayer, kernel: Float32Array): Float32Array {
  if (layer.inChannels !== 3) return kernel;
  const swapped = new Float32Array(kernel.length);
  const n = layer.outChannels;
  for (let i = 0; i < kernel.length; i += 3 * n) {
    for (let channel = 0; channel < 3; channel++) {
      swapped.set(kernel.subarray(i + channel * n, i + (channel + 1) * n), i + (2 - channel) * n);
    }
  }
  return swapped;
}

/** The HWIO kernel of the gradient: rotated by 180°, input and output channels swapped. */
function transposed({ inChannels, outChannels }: ConvLayer, kernel: Float32Array): Float32Array {
  const result = new Float32Array(kernel.length);
  for (let k = 0; k < 9; k++) {
    for (let i = 0; i < inChannels; i++) {
      for (let o = 0; o < outChannels; o++) {
        result[((8 - k) * outChannels + o) * inChannels + i] = kernel[(k * inChannels + i) * outChannels + o]!;
      }
    }
  }
  return result;
}

/** A 3×3 kernel to three channels as the 4×4 kernel to those of 2×2 pixels: channel (2·dy + dx)·3 + c. */
function forQuads(kernel: Float32Array, inChannels: number): Float32Array {
  const side = PICTURE_GRADIENT_SIDE;
  const result = new Float32Array(side * side * inChannels * PICTURE_GRADIENT_CHANNELS);
  for (let quad = 0; quad < 4; quad++) {
    const [dy, dx] = [quad >> 1, quad & 1];
    for (let k = 0; k < 9; k++) {
      const target = ((Math.floor(k / 3) + dy) * side + k % 3 + dx) * inChannels;
      for (let i = 0; i < inChannels; i++) {
        const values = kernel.subarray((k * inChannels + i) * 3, (k * inChannels + i + 1) * 3);
        result.set(values, (target + i) * PICTURE_GRADIENT_CHANNELS + 3 * quad);
      }
    }
  }
  return result;
}
