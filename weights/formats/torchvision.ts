/**
 * torchvision's VGG16 in Caffe's convention. There the input is RGB in 0–1, minus means, divided by deviations; here it
 * is BGR in 0–255, minus means. The deviations and the factor 255 go into conv1_1's kernel, exactly. The means stay
 * torchvision's own: zero padding comes after the subtraction, so exchanging them by a bias would be wrong at the border.
 *
 * @module
 */
import { permuteAxes } from "./tensor.ts";

const RGB_MEAN = [0.485, 0.456, 0.406] as const;
const RGB_DEVIATION = [0.229, 0.224, 0.225] as const;

/** torchvision's means of ImageNet in BGR order, in 0–255. */
export const TORCHVISION_BGR_MEAN: readonly [number, number, number] = [
  RGB_MEAN[2] * 255,
  RGB_MEAN[1] * 255,
  RGB_MEAN[0] * 255,
];

/** conv1_1's kernel (3, 3, RGB, out) for normalised input, as a kernel (3, 3, BGR, out) for 0–255 minus means. */
export function torchvisionConv1(kernel: Float32Array): Float32Array {
  const outChannels = kernel.length / 27;
  const result = new Float32Array(kernel.length);
  for (let tap = 0; tap < 9; tap++) {
    for (let channel = 0; channel < 3; channel++) {
      const from = (tap * 3 + channel) * outChannels;
      const to = (tap * 3 + 2 - channel) * outChannels;
      const factor = 1 / (255 * RGB_DEVIATION[channel]!);
      for (let out = 0; out < outChannels; out++) result[to + out] = kernel[from + out]! * factor;
    }
  }
  return result;
}

/** A dense layer's (out, in) kernel as (in, out); fc6's inputs go from CHW order to HWC. */
export function torchvisionDense(layer: string, kernel: Float32Array, inUnits: number, outUnits: number): Float32Array {
  if (layer !== "fc6") return permuteAxes(kernel, [outUnits, inUnits], [1, 0]);
  return permuteAxes(kernel, [outUnits, inUnits / 49, 7, 7], [2, 3, 1, 0]);
}
