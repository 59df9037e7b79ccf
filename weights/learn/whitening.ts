import { type Matrix, matrixProduct } from "../../engine/backends/onnx/matrix_product.ts";
import type { Random } from "../../engine/descent/random.ts";
import { eigen, overRoots } from "./eigen.ts";
import { normal } from "./noise.ts";

/** What `whiten` found out about patches. */
export interface Whitening {
  readonly mean: Float32Array;
  /**
   * Columns of the patches × dimensions: (patch − mean) · transform is white for patches of one contrast, but for the
   * floor. Its first column stands for the direction of the largest variance, and so on.
   */
  readonly transform: Matrix;
  /** The patches, evened out and transformed. */
  readonly white: Matrix;
  /** Other patches in the same way; their mean is subtracted in place. */
  apply(others: Matrix): Promise<Matrix>;
}

const ITERATIONS = 4;
/** Patches much weaker than this share of the mean contrast stay weak: they are mostly noise. */
const CONTRAST_FLOOR = 0.1;

/**
 * Whitens patches in their strongest directions: those of the largest variance, found by subspace iteration, each scaled
 * to the same variance. All patches count about the same: without that, the few of the highest contrast would say alone
 * what a layer looks for (Coates and Ng 2012 normalise so too).
 *
 * @param patches In rows; their mean is subtracted in place.
 * @param dimensions How many directions are kept at most.
 * @param floor Added to all variances, as a share of their mean: directions far below it are not amplified.
 */
export async function whiten(
  patches: Matrix,
  dimensions: number,
  floor: number,
  random: Random,
): Promise<Whitening> {
  const { rows, columns } = patches;
  const mean = meanRow(patches);
  subtract(patches, mean);
  const even = evenedOut(patches);
  const covariance = await matrixProduct(even, even, { a: true });
  for (let i = 0; i < covariance.values.length; i++) covariance.values[i]! /= rows;
  let trace = 0;
  for (let i = 0; i < columns; i++) trace += covariance.values[i * columns + i]!;

  const basis = await strongestDirections(covariance, Math.min(dimensions, columns), random);
  const projected = await matrixProduct(basis, covariance);
  const directions = eigen(await matrixProduct(projected, basis, { b: true }));
  const scaled = overRoots(directions, floor * trace / columns);
  const transform = await matrixProduct(basis, scaled, { a: true, b: true });
  const apply = (others: Matrix) => {
    subtract(others, mean);
    return matrixProduct(evenedOut(others), transform);
  };
  return { mean, transform, white: await matrixProduct(even, transform), apply };
}

/** Centred patches, each divided by its contrast. */
function evenedOut({ rows, columns, values }: Matrix): Matrix {
  const contrasts = Float64Array.from({ length: rows }, (_, row) => {
    const patch = values.subarray(row * columns, (row + 1) * columns);
    return Math.sqrt(dot(patch, patch));
  });
  const floor = CONTRAST_FLOOR * contrasts.reduce((sum, contrast) => sum + contrast, 0) / rows;
  const even = values.map((value, i) => value / (contrasts[Math.floor(i / columns)]! + floor || 1));
  return { rows, columns, values: even };
}

function meanRow({ rows, columns, values }: Matrix): Float32Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) sums[i % columns]! += values[i]!;
  return Float32Array.from(sums, (sum) => sum / rows);
}

function subtract({ columns, values }: Matrix, row: Float32Array): void {
  for (let i = 0; i < values.length; i++) values[i]! -= row[i % columns]!;
}

/** An orthonormal basis, in rows, of about the space that the largest eigenvalues' vectors span. */
async function strongestDirections(covariance: Matrix, count: number, random: Random): Promise<Matrix> {
  const { columns } = covariance;
  let basis: Matrix = {
    rows: count,
    columns,
    values: Float32Array.from({ length: count * columns }, () => normal(random)),
  };
  for (let i = 0; i < ITERATIONS; i++) {
    basis = await matrixProduct(basis, covariance);
    orthonormalise(basis);
  }
  return basis;
}

/** Gram and Schmidt's procedure, modified, in place. */
function orthonormalise({ rows, columns, values }: Matrix): void {
  const vectors = Array.from({ length: rows }, (_, i) => values.subarray(i * columns, (i + 1) * columns));
  for (const [i, vector] of vectors.entries()) {
    // A vector that loses most of its length has few exact digits left: it goes through a second time.
    for (let round = 0; round < 2; round++) {
      for (const earlier of vectors.slice(0, i)) {
        const along = dot(vector, earlier);
        for (let k = 0; k < columns; k++) vector[k]! -= along * earlier[k]!;
      }
      const length = Math.sqrt(dot(vector, vector)) || 1;
      for (let k = 0; k < columns; k++) vector[k]! /= length;
    }
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
