/**
 * Moments: mean and standard deviation of each channel, compared beside the Gram matrix.
 *
 * Galerne et al. (2024), "Scaling Painting Style Transfer", add 10⁴ (MSE(μ) + MSE(σ)) to a Gram matrix' 10³ / C² MSE(G), in
 * features whose means are about 1. Here both are in relation to the style's energy e = tr A, so that features may have any
 * scale: beside mean((G − A)²) stands {@linkcode MOMENTS_WEIGHT} · e / C² · (MSE(μ) + MSE(σ)), and σ is
 * √(max(C · diag G − μ², 0) + ε). What Gram matrices know of a channel is the sum of μ² and σ²: a flat patch and a rough one
 * may have the same, which is where paintings by Gram matrices alone come out too smooth or too harsh.
 *
 * @module
 */
import { trace } from "./square_matrix.ts";

/** How much a difference of moments counts beside one of Gram matrices that is as large in relation to the style. */
export const MOMENTS_WEIGHT = 1;
/** Of the energy, added to a variance: the roots of smaller ones would have a slope without bounds. */
const LEAST_VARIANCE = 1e-5;
/** The same for a style whose features are 0 throughout. */
const SMALLEST_VARIANCE = 1e-6;

/**
 * What is compared of a style, as one row-major array: its Gram matrix (channels × channels), and where its moments are
 * compared the channels' means as one more row.
 */
export type StyleFigures = Float32Array;

/** How many channels figures are of, with means or without. */
export function channelsOf(figures: StyleFigures): number {
  return Math.floor(Math.sqrt(figures.length));
}

/** The Gram matrix among a style's figures. */
export function gramOf(figures: StyleFigures): Float32Array {
  return figures.subarray(0, channelsOf(figures) ** 2);
}

/** Rows of {@linkcode momentTarget}. */
export const MOMENT_ROWS = 4;

/**
 * What a style term's moments are compared with, by channel, in {@linkcode MOMENT_ROWS} rows: means, deviations, ε, and the
 * factor of their squared differences beside those of Gram matrices.
 */
export function momentTarget(figures: StyleFigures): Float32Array {
  const channels = channelsOf(figures);
  const energy = trace(gramOf(figures));
  const epsilon = Math.max(LEAST_VARIANCE * energy, SMALLEST_VARIANCE);
  const target = new Float32Array(MOMENT_ROWS * channels);
  for (let i = 0; i < channels; i++) {
    const mean = figures[channels * channels + i]!;
    target[i] = mean;
    target[channels + i] = deviation(channels * figures[i * (channels + 1)]!, mean, epsilon);
    target[2 * channels + i] = epsilon;
    target[3 * channels + i] = (MOMENTS_WEIGHT * energy) / channels;
  }
  return target;
}

/** How far moments are from a target. */
export interface MomentComparison<Row, Sum> {
  /** factor · (Σ (μ − μ_A)² + Σ (σ − σ_A)²). */
  readonly squares: Sum;
  /** By channel, what the gradient has beside that of Gram matrices, in the same unit: `slope` · F + `offset`. */
  readonly slope: Row;
  readonly offset: Row;
}

/** Compares moments that lie here, of figures in float64. */
export function compareMoments(
  figures: ArrayLike<number>,
  target: Float32Array,
): MomentComparison<Float32Array, number> {
  const channels = target.length / MOMENT_ROWS;
  const slope = new Float32Array(channels);
  const offset = new Float32Array(channels);
  let squares = 0;
  for (let i = 0; i < channels; i++) {
    const mean = figures[channels * channels + i]!;
    const [wantedMean, wantedDeviation] = [target[i]!, target[channels + i]!];
    const [epsilon, factor] = [target[2 * channels + i]!, target[3 * channels + i]!];
    const found = deviation(channels * figures[i * (channels + 1)]!, mean, epsilon);
    const [meanShift, shift] = [mean - wantedMean, found - wantedDeviation];
    squares += factor * (meanShift ** 2 + shift ** 2);
    slope[i] = (factor * channels / 2) * shift / found;
    offset[i] = (factor * channels / 2) * meanShift - slope[i]! * mean;
  }
  return { squares, slope, offset };
}

/** √(max(E − μ², 0) + ε) with the mean square E. */
function deviation(meanSquare: number, mean: number, epsilon: number): number {
  return Math.sqrt(Math.max(meanSquare - mean * mean, 0) + epsilon);
}
