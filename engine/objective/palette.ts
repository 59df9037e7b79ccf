/**
 * The palette: how far the colours of a picture have to be moved to be a style's.
 *
 * Kolkin et al. (2019), "Style Transfer by Relaxed Optimal Transport and Self-Similarity", compare samples of pixels by the
 * relaxed earth mover's distance. Here it is the squared distance between the normal distributions with the same means μ, ν
 * and covariances Σ, S, which has a closed form (Gelbrich 1990) and takes in every pixel:
 *
 *     |μ − ν|² + tr(Σ + S − 2 R), R = (S^½ Σ S^½)^½.
 *
 * The cheapest way to move the colours is x ↦ ν + A (x − μ), A = S^½ R⁻¹ S^½. It is the gradient, too: 2 (x − that) over the
 * number of pixels.
 *
 * @module
 */
import { type ColorStatistics, colorStatistics } from "./color_statistics.ts";
import type { PixelTerm } from "./pixel_term.ts";
import { onEigenvalues } from "./square_matrix.ts";

/** A distance and how to go it. */
interface Transport {
  /** The squared distance, in squared pixel values. */
  readonly squares: number;
  /** A, row by row. */
  readonly map: Float64Array;
}

/**
 * The squared distance of the palette, as a mean over the three channels.
 *
 * @param target The style's colours.
 * @param weights How much each pixel counts; null where all do the same.
 */
export function paletteTerm(target: ColorStatistics, weights: Float32Array | null): PixelTerm {
  const root = onEigenvalues(target.covariance, rootOf);
  const whole = weights?.reduce((sum, weight) => sum + weight, 0);
  return {
    goal: { kind: "palette", target, weights },
    add(pixels, weight, gradient) {
      const count = (whole ?? pixels.length / 3) || 1;
      const own = colorStatistics(pixels, weights);
      const { squares, map } = transport(own, target, root);
      if (weight === 0) return squares / 3;
      const scale = (2 * weight) / (3 * count);
      const [a, b, c, d, e, f, g, h, i] = map.map((value, at) => (at % 4 === 0 ? 1 : 0) - value) as unknown as Matrix;
      const [m0, m1, m2] = own.mean as unknown as Row;
      const [s0, s1, s2] = own.mean.map((value, at) => value - target.mean[at]!) as unknown as Row;
      for (let at = 0, pixel = 0; at < pixels.length; at += 3, pixel++) {
        const factor = weights ? scale * weights[pixel]! : scale;
        const [x, y, z] = [pixels[at]! - m0, pixels[at + 1]! - m1, pixels[at + 2]! - m2];
        gradient[at]! += factor * (s0 + a * x + b * y + c * z);
        gradient[at + 1]! += factor * (s1 + d * x + e * y + f * z);
        gradient[at + 2]! += factor * (s2 + g * x + h * y + i * z);
      }
      return squares / 3;
    },
  };
}

type Row = readonly [number, number, number];
type Matrix = readonly [...Row, ...Row, ...Row];

/** @param root S^½. */
function transport(from: ColorStatistics, to: ColorStatistics, root: Float64Array): Transport {
  const inner = product(product(root, from.covariance), root);
  const middle = onEigenvalues(inner, rootOf);
  const inverse = onEigenvalues(inner, (value) => 1 / rootOf(value));
  let squares = 0;
  for (let a = 0; a < 3; a++) {
    squares += (from.mean[a]! - to.mean[a]!) ** 2;
    squares += from.covariance[4 * a]! + to.covariance[4 * a]! - 2 * middle[4 * a]!;
  }
  return { squares: Math.max(squares, 0), map: product(product(root, inverse), root) };
}

/** Of an eigenvalue, which rounding may have made negative. */
function rootOf(value: number): number {
  return Math.sqrt(Math.max(value, 1e-12));
}

function product(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((_, at) => {
    const [row, column] = [3 * Math.floor(at / 3), at % 3];
    return left[row]! * right[column]! + left[row + 1]! * right[3 + column]! + left[row + 2]! * right[6 + column]!;
  });
}
