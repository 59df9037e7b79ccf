import type { Mask } from "./objective.ts";
import type { Size } from "../picture.ts";

/**
 * A mask at another size: each value is the mean over the pixels that it covers, parts of pixels counted as parts.
 *
 * @returns `width * height` values.
 */
export function downscaleMask(mask: Mask, size: Size): Float32Array {
  const rows = resample(mask.values, mask.height, mask.width, size.height, true);
  return resample(rows, mask.width, size.height, size.width, false);
}

/** Box-filters one axis of `values`: `length` to `target` along it, `others` across it; `rows` when the axis is y. */
function resample(values: Float32Array, length: number, others: number, target: number, rows: boolean): Float32Array {
  const result = new Float32Array(target * others);
  const [sourceStep, sourceStride] = rows ? [others, 1] : [1, length];
  const [targetStep, targetStride] = rows ? [others, 1] : [1, target];
  for (let t = 0; t < target; t++) {
    const from = (t * length) / target;
    const to = ((t + 1) * length) / target;
    for (let i = Math.floor(from); i < Math.min(length, Math.ceil(to)); i++) {
      const share = (Math.min(to, i + 1) - Math.max(from, i)) / (to - from);
      for (let o = 0; o < others; o++) {
        result[t * targetStep + o * targetStride]! += share * values[i * sourceStep + o * sourceStride]!;
      }
    }
  }
  return result;
}
