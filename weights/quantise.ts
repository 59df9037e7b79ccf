/**
 * Convolutions in a quarter of the space: 8-bit weights with a factor for each filter, in this project's own
 * .safetensors.
 *
 * @module
 */
import { CONV_LAYERS, type ConvParameters } from "../engine/vgg16.ts";
import { type WritableTensor, writeSafetensors } from "./formats/safetensors.ts";

const LARGEST_CODE = 127;

/**
 * A file of quantised convolutions. Each weight is off by at most half a 127th of its filter's largest.
 *
 * @param metadata What should be known about them; texts.
 */
export function writeQuantised(
  convs: ReadonlyMap<string, ConvParameters>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const floats: WritableTensor[] = [];
  const codes: WritableTensor[] = [];
  for (const { name, inChannels, outChannels } of CONV_LAYERS) {
    const conv = convs.get(name);
    if (!conv) continue;
    const { scale, values } = quantise(conv.kernel, outChannels);
    floats.push(
      { name: `${name}.scale`, shape: [outChannels], values: scale },
      { name: `${name}.bias`, shape: [outChannels], values: conv.bias },
    );
    codes.push({ name: `${name}.weight`, shape: [3, 3, inChannels, outChannels], values });
  }
  return writeSafetensors([...floats, ...codes], metadata);
}

/** Codes and factors such that weight ≈ code · factor of its filter, the last axis of the kernel. */
function quantise(kernel: Float32Array, filters: number): { scale: Float32Array; values: Int8Array } {
  const scale = new Float32Array(filters);
  for (let i = 0; i < kernel.length; i++) scale[i % filters] = Math.max(scale[i % filters]!, Math.abs(kernel[i]!));
  for (let filter = 0; filter < filters; filter++) scale[filter] = scale[filter]! / LARGEST_CODE || 1;
  const values = Int8Array.from(kernel, (weight, i) => Math.round(weight / scale[i % filters]!));
  return { scale, values };
}
