/**
 * Closed-form pictures and parameters, the same in every language with 32-bit integers: for tests that need every layer
 * and no file. The hash is the finaliser of splitmix-like generators by Chris Wellons ("lowbias32").
 *
 * @module
 */
import type { Picture, Pixels } from "../picture.ts";
import { BGR_MEAN, CONV_LAYERS, convIndex, type Vgg16Parameters } from "../vgg16.ts";

/** `n` values in [-1, 1), in float64, from a hash of their index. */
export function formulaNoise(n: number, salt: number): Float64Array {
  const start = Math.imul(salt, 0x9E3779B1);
  const values = new Float64Array(n);
  // A loop, because `from()` takes many times as long, and the network has 15 million parameters.
  for (let i = 0; i < n; i++) {
    let x = (i + start) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x7FEB352D);
    x = Math.imul(x ^ (x >>> 15), 0x846CA68B);
    values[i] = ((x ^ (x >>> 16)) >>> 0) / 2147483648 - 1;
  }
  return values;
}

/** A noise picture, 0–255. */
export function formulaPixels(width: number, height: number, salt: number): Pixels {
  return Float32Array.from(formulaNoise(3 * width * height, salt), (value) => (value + 1) * 127.5);
}

/** A noise picture of 8 bits. */
export function formulaPicture(width: number, height: number, salt: number): Picture {
  return { width, height, rgb: Uint8Array.from(formulaNoise(3 * width * height, salt), (value) => (value + 1) * 128) };
}

/** Parameters for the convolutions up to `last`, uniform with He's variance. */
export function formulaParameters(last = "conv5_3"): Vgg16Parameters {
  const convs = CONV_LAYERS.slice(0, convIndex(last) + 1).map(({ name, inChannels, outChannels }, k) => {
    const scale = Math.sqrt(6 / (9 * inChannels));
    const kernel = scaledNoise(9 * inChannels * outChannels, 2 * k + 1, scale);
    const bias = scaledNoise(outChannels, 2 * k + 2, 0.1);
    return [name, { kernel, bias }] as const;
  });
  return { convs: new Map(convs), denses: new Map(), inputMean: BGR_MEAN };
}

/** Noise between -`scale` and `scale`. */
export function scaledNoise(n: number, salt: number, scale: number): Float32Array {
  const values = new Float32Array(n);
  formulaNoise(n, salt).forEach((value, i) => values[i] = value * scale);
  return values;
}
