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
  // Of one input channel, for all output channels beside one another: as they lie in `packed`.
  const taps = Array.from({ length: 9 }, () => new Float64Array(outChannels));
  const half = Array.from({ length: 3 * G.length }, () => new Float64Array(outChannels));
  for (let input = 0; input < inChannels; input++) {
    for (const [i, values] of taps.entries()) {
      const [row, column] = [Math.floor(i / 3), i % 3];
      for (let output = 0; output < outChannels; output++) values[output] = tap(row, column, input, output);
    }
    for (const [row, factors] of G.entries()) {
      for (let column = 0; column < 3; column++) {
        combine(factors, [taps[column]!, taps[3 + column]!, taps[6 + column]!], half[3 * row + column]!);
      }
    }
    for (let place = 0; place < PLACES; place++) {
      const [row, column] = [Math.floor(place / G.length), place % G.length];
      const start = (place * inputs + input) * outputs;
      const rest = packed.subarray(start, start + outChannels);
      combine(G[column]!, [half[3 * row]!, half[3 * row + 1]!, half[3 * row + 2]!], rest);
    }
  }
  return packed;
}

function combine(
  [a, b, c]: typeof G[number],
  [first, second, third]: readonly [Float64Array, Float64Array, Float64Array],
  into: Float64Array | Float32Array,
): void {
  for (let i = 0; i < into.length; i++) into[i] = a * first[i]! + b * second[i]! + c * third[i]!;
}
