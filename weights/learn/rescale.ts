import type { ConvParameters } from "../../engine/vgg16.ts";

/**
 * Scales whole layers, of filters that respond with a deviation of 1, to other deviations. What a layer gets is divided by
 * what the layer below was scaled by, so the network computes what it did: ReLU and maxima go along with positive factors.
 *
 * @param convs From conv1_1 up.
 * @param deviations By layer, above 0.
 */
export function rescale(
  convs: ReadonlyMap<string, ConvParameters>,
  deviations: (layer: string) => number,
): Map<string, ConvParameters> {
  const result = new Map<string, ConvParameters>();
  let below = 1;
  for (const [layer, { kernel, bias }] of convs) {
    const scale = deviations(layer);
    result.set(layer, {
      kernel: kernel.map((weight) => weight * scale / below),
      bias: bias.map((value) => value * scale),
    });
    below = scale;
  }
  return result;
}
