import { quadsOf } from "./feature_map.ts";
import { PLACES } from "./kernels/winograd.ts";
import type { Tap } from "./parameters.ts";

/** G of Lavin and Gray (2016) for F(4×4, 3×3). */
const G = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
] as const;

/** Values of a transformed kernel. */
export function winogradLength(inChannels: number, outChannels: number): number {
  return PLACES * 16 * quadsOf(inChannels) * quadsOf(outChannels);
}

/** GgGᵀ of a kernel, as `winograd_product.wgsl` takes it: by place in a tile, channel of the input, of the output. */
export function packWinograd(tap: Tap, inChannels: number, outChannels: number): Float32Array {
  const packed = new Float32Array(winogradLength(inChannels, outChannels));
  const [inputs, outputs] = [4 * quadsOf(inChannels), 4 * quadsOf(outChannels)];
  const half = new Float64Array(3 * G.length);
  for (let input = 0; input < inChannels; input++) {
    for (let output = 0; output < outChannels; output++) {
      G.forEach(([a, b, c], row) => {
        for (let column = 0; column < 3; column++) {
          half[3 * row + column] = a * tap(0, column, input, output) + b * tap(1, column, input, output) +
            c * tap(2, column, input, output);
        }
      });
      for (let row = 0; row < G.length; row++) {
        G.forEach(([a, b, c], column) => {
          const value = a * half[3 * row]! + b * half[3 * row + 1]! + c * half[3 * row + 2]!;
          packed[((G.length * row + column) * inputs + input) * outputs + output] = value;
        });
      }
    }
  }
  return packed;
}
