import type { Size } from "./picture.ts";

/** Weights of four neighbours for a position `t` (0–1) between the middle two: Catmull-Rom's cubic. */
function cubicWeights(t: number): [number, number, number, number] {
  const t2 = t * t;
  const t3 = t2 * t;
  return [(-t3 + 2 * t2 - t) / 2, (3 * t3 - 5 * t2 + 2) / 2, (-3 * t3 + 4 * t2 + t) / 2, (t3 - t2) / 2];
}

/**
 * Bicubic interpolation of an HWC array with three channels, from one scale of a schedule to the next. Values are
 * floats and stay so: an 8-bit library would round the optimiser's state. Borders repeat.
 */
export function resample(values: Float32Array, from: Size, to: Size): Float32Array {
  const rows = resampleAxis(values, from.height, to.height, from.width * 3, 1);
  return resampleAxis(rows, from.width, to.width, 3, to.height);
}

/** Interpolates the middle axis of an (outer, length, inner) array. */
function resampleAxis(
  values: Float32Array,
  length: number,
  target: number,
  inner: number,
  outer: number,
): Float32Array {
  const result = new Float32Array(outer * target * inner);
  const ratio = length / target;
  for (let t = 0; t < target; t++) {
    const centre = (t + 0.5) * ratio - 0.5;
    const base = Math.floor(centre);
    const weights = cubicWeights(centre - base);
    const sources = weights.map((_, k) => Math.min(length - 1, Math.max(0, base - 1 + k)) * inner);
    for (let o = 0; o < outer; o++) {
      const source = o * length * inner;
      const destination = (o * target + t) * inner;
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let k = 0; k < 4; k++) sum += weights[k]! * values[source + sources[k]! + i]!;
        result[destination + i] = sum;
      }
    }
  }
  return result;
}
