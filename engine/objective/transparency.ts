/**
 * Pictures that are transparent in places: what the network sees there, and what becomes of it.
 *
 * @module
 */
import type { Picture } from "../picture.ts";

/** One level of the pyramid: RGB multiplied by its coverage, and the coverage (0–1). */
interface Level {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
  readonly coverage: Float32Array;
}

/**
 * The picture with colours where it is transparent: those of its surroundings, the softer the farther away, so that the
 * network sees no edge where there is none. What is opaque stays as it is, and so does the alpha.
 *
 * Gortler et al. (1996), "The Lumigraph": pull-push, with some relaxation at every level against its blocks.
 */
export function fillTransparent(picture: Picture): Picture {
  const { width, height, rgb, alpha } = picture;
  if (!alpha) return picture;
  let levels: Level = {
    width,
    height,
    rgb: Float32Array.from(rgb, (value, i) => (value * alpha[Math.floor(i / 3)]!) / 255),
    coverage: Float32Array.from(alpha, (value) => value / 255),
  };
  const pyramid = [levels];
  while (levels.width > 1 || levels.height > 1) pyramid.push(levels = halve(levels));
  // Transparent everywhere: as good as any.
  let filled: Float32Array = levels.coverage[0]! > 0 ? levels.rgb.map((v) => v / levels.coverage[0]!) : levels.rgb;
  for (let i = pyramid.length - 2; i >= 0; i--) {
    filled = relaxed(pyramid[i]!, push(pyramid[i]!, pyramid[i + 1]!, filled));
  }
  const result = Uint8ClampedArray.from(filled);
  // Rounding must not touch what can be seen.
  for (let i = 0; i < alpha.length; i++) if (alpha[i]! > 0) result.set(rgb.subarray(3 * i, 3 * i + 3), 3 * i);
  return { ...picture, rgb: new Uint8Array(result.buffer) };
}

/** Half the size; coverage adds up, at most to 1, so that one pixel in a corner is colour enough for all four. */
function halve({ width, height, rgb, coverage }: Level): Level {
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half = {
    width: halfWidth,
    height: halfHeight,
    rgb: new Float32Array(3 * halfWidth * halfHeight),
    coverage: new Float32Array(halfWidth * halfHeight),
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [y * width + x, (y >> 1) * halfWidth + (x >> 1)];
      half.coverage[to]! += coverage[from]!;
      for (let c = 0; c < 3; c++) half.rgb[3 * to + c]! += rgb[3 * from + c]!;
    }
  }
  half.coverage.forEach((sum, i) => {
    if (sum <= 1) return;
    half.coverage[i] = 1;
    for (let c = 0; c < 3; c++) half.rgb[3 * i + c]! /= sum;
  });
  return half;
}

/** The colours of a level, its gaps filled from the next coarser one, bilinearly. */
function push({ width, height, rgb, coverage }: Level, coarse: Level, colours: Float32Array): Float32Array {
  const filled = new Float32Array(rgb.length);
  for (let y = 0; y < height; y++) {
    const [top, bottom, down] = neighbours(y, coarse.height);
    for (let x = 0; x < width; x++) {
      const [left, right, across] = neighbours(x, coarse.width);
      const i = y * width + x;
      for (let c = 0; c < 3; c++) {
        const at = (row: number, column: number) => colours[3 * (row * coarse.width + column) + c]!;
        const upper = (1 - across) * at(top, left) + across * at(top, right);
        const lower = (1 - across) * at(bottom, left) + across * at(bottom, right);
        filled[3 * i + c] = rgb[3 * i + c]! + (1 - coverage[i]!) * ((1 - down) * upper + down * lower);
      }
    }
  }
  return filled;
}

/** Times that gaps take on the mean of their neighbours, at each level. */
const RELAXATIONS = 6;

/** Gaps nearer to the mean of their neighbours, so that they meet what is beside them without an edge. */
function relaxed({ width, height, rgb, coverage }: Level, filled: Float32Array): Float32Array {
  for (let n = 0; n < RELAXATIONS; n++) {
    for (let y = 0; y < height; y++) {
      const [up, down] = [y > 0 ? -width : 0, y < height - 1 ? width : 0];
      for (let x = 0; x < width; x++) {
        const i = y * width + x;
        if (coverage[i] === 1) continue;
        const [left, right] = [x > 0 ? -1 : 0, x < width - 1 ? 1 : 0];
        for (let c = 0; c < 3; c++) {
          const at = (offset: number) => filled[3 * (i + offset) + c]!;
          const mean = (at(up) + at(down) + at(left) + at(right)) / 4;
          filled[3 * i + c] = rgb[3 * i + c]! + (1 - coverage[i]!) * mean;
        }
      }
    }
  }
  return filled;
}

/** The two pixels of a coarse row around pixel `i` of a fine one, and the share of the second. */
function neighbours(i: number, length: number): [number, number, number] {
  const centre = Math.max(0, (i + 0.5) / 2 - 0.5);
  const first = Math.min(length - 1, Math.floor(centre));
  return [first, Math.min(length - 1, first + 1), centre - Math.floor(centre)];
}

/** A painting with the alpha of its content; where nothing is to be seen there is no colour either. */
export function withAlphaOf(painting: Picture, { alpha }: Picture): Picture {
  if (!alpha) return painting;
  const rgb = painting.rgb.slice();
  const rgb16 = painting.rgb16?.slice();
  alpha.forEach((opacity, i) => {
    if (opacity > 0) return;
    rgb.fill(0, 3 * i, 3 * i + 3);
    rgb16?.fill(0, 3 * i, 3 * i + 3);
  });
  return { ...painting, rgb, alpha, ...(rgb16 ? { rgb16 } : {}) };
}
