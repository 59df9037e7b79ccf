import type { Mask } from "./objective.ts";
import type { Picture, Size } from "../picture.ts";

/**
 * A mask from a picture: white counts, black does not. Where it is transparent it does not count either; a picture of one
 * colour on transparency is a mask by its alpha alone, whatever the colour.
 */
export function maskFrom({ width, height, rgb, alpha }: Picture): Mask {
  const painted = alpha !== undefined && isOneColour(rgb, alpha);
  const values = Float32Array.from({ length: width * height }, (_, i) => {
    const opacity = (alpha?.[i] ?? 255) / 255;
    return painted ? opacity : (opacity * (rgb[3 * i]! + rgb[3 * i + 1]! + rgb[3 * i + 2]!)) / 765;
  });
  return { width, height, values };
}

/** How far apart the colours of one paint may be: edges that were smoothed are rounded. */
const PAINT_TOLERANCE = 8;

/** Whether all that can be seen has one colour. What hardly can has hardly any colour, and is let pass. */
function isOneColour(rgb: Uint8Array, alpha: Uint8Array): boolean {
  const lowest = [255, 255, 255];
  const highest = [0, 0, 0];
  alpha.forEach((opacity, i) => {
    if (opacity < 32) return;
    for (let c = 0; c < 3; c++) {
      lowest[c] = Math.min(lowest[c]!, rgb[3 * i + c]!);
      highest[c] = Math.max(highest[c]!, rgb[3 * i + c]!);
    }
  });
  return highest.every((value, c) => value - lowest[c]! <= PAINT_TOLERANCE);
}

/** Where a picture can be seen; null where it can everywhere. */
export function coverageOf({ width, height, alpha }: Picture): Mask | null {
  return alpha ? { width, height, values: Float32Array.from(alpha, (value) => value / 255) } : null;
}

/** Where all of the masks that there are count; null where there is none. */
export function intersection(size: Size, masks: readonly (Mask | null | undefined)[]): Mask | null {
  const given = masks.filter((mask) => mask !== null && mask !== undefined);
  if (given.length < 2) return given[0] ?? null;
  const values = given.map((mask) => downscaleMask(mask, size));
  return {
    width: size.width,
    height: size.height,
    values: values[0]!.map((_, i) => values.reduce((product, each) => product * each[i]!, 1)),
  };
}

/** Σm² of a mask at a layer. An empty mask has no features to speak of: any divisor but zero does. */
export function areaOf(values: Float32Array): number {
  return values.reduce((sum, m) => sum + m * m, 0) || 1;
}

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
