import { CONV_LAYERS, type ConvLayer, type Vgg16Parameters } from "../../vgg16.ts";
import type { Device } from "./device.ts";
import { quadsOf } from "./feature_map.ts";
import type { NetworkOptions } from "./network_plan.ts";
import type { Plan, PlannedBuffer } from "./plan.ts";
import { packWinograd, winogradLength } from "./winograd_weights.ts";

/** One value of a 3×3 kernel. */
export type Tap = (row: number, column: number, input: number, output: number) => number;

/** What a convolution needs, forward and back, as buffers of a plan. */
export const PARAMETERS = {
  kernel: (plan: Plan, layer: ConvLayer): PlannedBuffer =>
    plan.shared(`${layer.name}.kernel`, kernelLength(layer.inChannels, layer.outChannels)),
  bias: (plan: Plan, layer: ConvLayer): PlannedBuffer =>
    plan.shared(`${layer.name}.bias`, 4 * quadsOf(layer.outChannels)),
  /** Of the convolution that takes the gradient to the layer's input. */
  gradient: (plan: Plan, layer: ConvLayer): PlannedBuffer =>
    plan.shared(`${layer.name}.gradient`, kernelLength(layer.outChannels, layer.inChannels)),
  /** The kernel for Winograd's convolution. */
  winogradKernel: (plan: Plan, layer: ConvLayer): PlannedBuffer =>
    plan.shared(`${layer.name}.winogradKernel`, winogradLength(layer.inChannels, layer.outChannels)),
  winogradGradient: (plan: Plan, layer: ConvLayer): PlannedBuffer =>
    plan.shared(`${layer.name}.winogradGradient`, winogradLength(layer.outChannels, layer.inChannels)),
} as const;

/** VGG16's parameters on a device. They move there when they are first used, and stay. */
export class DeviceParameters {
  readonly #device: Device;
  readonly #parameters: Vgg16Parameters;
  readonly #half: boolean;
  readonly #buffers = new Map<string, GPUBuffer>();

  /** @param half Whether features are held in 16 bits; parameters never are. */
  constructor(device: Device, parameters: Vgg16Parameters, half = false) {
    this.#device = device;
    this.#parameters = parameters;
    this.#half = half;
  }

  /** RGB. */
  get mean(): readonly [number, number, number] {
    const [blue, green, red] = this.#parameters.inputMean;
    return [red, green, blue];
  }

  /** What the network has of the parameters and of the backend, whatever goes through it. */
  get network(): Pick<NetworkOptions, "mean" | "tileCosts" | "half"> {
    return { mean: this.mean, tileCosts: this.#device.tileCosts, half: this.#half };
  }

  /** The buffer for one that a plan has from `PARAMETERS`. */
  get({ name, length }: PlannedBuffer): GPUBuffer {
    let buffer = this.#buffers.get(name);
    if (!buffer) {
      buffer = this.#device.buffer(length);
      this.#device.write(buffer, this.#pack(name));
      this.#buffers.set(name, buffer);
    }
    return buffer;
  }

  dispose(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers.clear();
  }

  #pack(name: string): Float32Array {
    const [layerName, part] = name.split(".");
    const layer = CONV_LAYERS.find((each) => each.name === layerName)!;
    const parameters = this.#parameters.convs.get(layer.name);
    if (!parameters) throw new RangeError(`Cannot compute ${layer.name}: the parameters have no such layer`);
    const { inChannels, outChannels } = layer;
    const { kernel, bias } = parameters;
    if (part === "bias") return bias;
    // The picture is RGB, VGG16 wants BGR: the first kernel's input channels change places, so that no pixel has to.
    const place = (input: number) => inChannels === 3 ? 2 - input : input;
    const tap: Tap = (row, column, input, output) =>
      kernel[((3 * row + column) * inChannels + place(input)) * outChannels + output]!;
    if (part === "kernel") return packKernel(tap, inChannels, outChannels);
    if (part === "winogradKernel") return packWinograd(tap, inChannels, outChannels);
    // Rotated by 180°, input and output channels swapped.
    const back: Tap = (row, column, input, output) => tap(2 - row, 2 - column, output, input);
    return part === "gradient"
      ? packKernel(back, outChannels, inChannels)
      : packWinograd(back, outChannels, inChannels);
  }
}

/** Values of a packed kernel. */
export function kernelLength(inChannels: number, outChannels: number): number {
  return 9 * 16 * quadsOf(inChannels) * quadsOf(outChannels);
}

/** A kernel as `conv.wgsl` takes it: by quad of the output, quad of the input, column, row, channel of the input. */
export function packKernel(tap: Tap, inChannels: number, outChannels: number): Float32Array {
  const packed = new Float32Array(kernelLength(inChannels, outChannels));
  const inQuads = quadsOf(inChannels);
  for (let output = 0; output < outChannels; output++) {
    for (let input = 0; input < inChannels; input++) {
      const block = 144 * ((output >> 2) * inQuads + (input >> 2)) + 4 * (input & 3) + (output & 3);
      for (let column = 0; column < 3; column++) {
        for (let row = 0; row < 3; row++) {
          packed[block + 16 * (3 * column + row)] = tap(row, column, input, output);
        }
      }
    }
  }
  return packed;
}
