import type { Size } from "../picture.ts";

/** Average pooling shrinks activations by about this much compared with max pooling; the pool multiplies it back. */
export const AVERAGE_POOL_GAIN = 2;

/**
 * What each input of an average pool contributes to its output, per output pixel: windows at odd edges hold fewer.
 *
 * @returns `output.width * output.height` values.
 */
export function averagePoolShares(input: Size, output: Size): Float32Array {
  const shares = new Float32Array(output.height * output.width);
  for (let y = 0; y < output.height; y++) {
    for (let x = 0; x < output.width; x++) {
      const count = Math.min(2, input.height - 2 * y) * Math.min(2, input.width - 2 * x);
      shares[y * output.width + x] = AVERAGE_POOL_GAIN / count;
    }
  }
  return shares;
}
