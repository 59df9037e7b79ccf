import { type Matrix, matrixProduct } from "../../engine/backends/onnx/matrix_product.ts";
import type { Random } from "../../engine/descent/random.ts";

/** A centroid that fewer points than this belong to is replaced by a point. */
const FEWEST = 3;

/**
 * Spherical k-means (Coates and Ng 2012): unit vectors such that each point is near one of them by direction. The points'
 * lengths do not count.
 *
 * @param points In rows.
 * @returns `count` centroids in rows.
 */
export async function sphericalKMeans(
  points: Matrix,
  count: number,
  iterations: number,
  random: Random,
): Promise<Matrix> {
  const { columns } = points;
  const directions = { ...points, values: points.values.slice() };
  normaliseRows(directions);
  let centroids = pick(directions, count, random);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const { values: similarity } = await matrixProduct(directions, centroids, { b: true });
    const sums = new Float32Array(count * columns);
    const members = new Uint32Array(count);
    for (let row = 0; row < points.rows; row++) {
      let nearest = 0;
      for (let i = 1; i < count; i++) {
        if (similarity[row * count + i]! > similarity[row * count + nearest]!) nearest = i;
      }
      const weight = similarity[row * count + nearest]!;
      for (let k = 0; k < columns; k++) {
        sums[nearest * columns + k]! += weight * directions.values[row * columns + k]!;
      }
      members[nearest]!++;
    }
    for (const [i, size] of members.entries()) {
      if (size < FEWEST) sums.set(pick(directions, 1, random).values, i * columns);
    }
    centroids = { rows: count, columns, values: sums };
    normaliseRows(centroids);
  }
  return centroids;
}

function pick({ rows, columns, values }: Matrix, count: number, random: Random): Matrix {
  const picked = new Float32Array(count * columns);
  for (let i = 0; i < count; i++) {
    const row = Math.floor(random.uniform() * rows);
    picked.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
  }
  return { rows: count, columns, values: picked };
}

function normaliseRows({ rows, columns, values }: Matrix): void {
  for (let row = 0; row < rows; row++) {
    const vector = values.subarray(row * columns, (row + 1) * columns);
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (let k = 0; k < columns; k++) vector[k]! /= length;
  }
}
