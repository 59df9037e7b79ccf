import type { Matrix } from "../../engine/backends/onnx/matrix_product.ts";

/** Eigenvalues from the largest down, and their unit vectors in rows. */
export interface Eigen {
  readonly values: readonly number[];
  readonly vectors: Matrix;
}

const MAX_SWEEPS = 20;
/** Off-diagonal elements are small enough when their squares sum to this share of the diagonal's. */
const ACCURACY = 1e-14;

/** Eigenvalues and vectors of a symmetric matrix by Jacobi's rotations: a few hundred rows take seconds. */
export function eigen(matrix: Matrix): Eigen {
  const n = matrix.rows;
  const a = Array.from({ length: n }, (_, i) => Float64Array.from(matrix.values.subarray(i * n, (i + 1) * n)));
  const v = Array.from({ length: n }, (_, i) => new Float64Array(n).fill(1, i, i + 1));
  for (let sweep = 0; sweep < MAX_SWEEPS && !isDiagonal(a); sweep++) {
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotate(a, v, p, q);
    }
  }
  const order = a.map((_, i) => i).sort((i, j) => a[j]![j]! - a[i]![i]!);
  const vectors = new Float32Array(n * n);
  for (const [row, i] of order.entries()) vectors.set(v[i]!, row * n);
  return { values: order.map((i) => Math.max(0, a[i]![i]!)), vectors: { rows: n, columns: n, values: vectors } };
}

/** The vectors, each divided by the square root of its value + `floor`. */
export function overRoots({ values, vectors }: Eigen, floor = 0): Matrix {
  const { columns } = vectors;
  return {
    ...vectors,
    values: vectors.values.map((value, i) => value / Math.sqrt(values[Math.floor(i / columns)]! + floor)),
  };
}

function isDiagonal(a: readonly Float64Array[]): boolean {
  let [on, off] = [0, 0];
  for (const [i, row] of a.entries()) {
    for (let j = 0; j < i; j++) off += 2 * row[j]! ** 2;
    on += row[i]! ** 2;
  }
  return off <= ACCURACY * on;
}

/** Turns rows and columns p and q of `a` such that a[p][q] becomes 0, and the rows of `v` with them. */
function rotate(a: readonly Float64Array[], v: readonly Float64Array[], p: number, q: number): void {
  const [rowP, rowQ] = [a[p]!, a[q]!];
  if (rowP[q] === 0) return;
  const theta = (rowQ[q]! - rowP[p]!) / (2 * rowP[q]!);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  turn(rowP, rowQ, c, s);
  for (const row of a) {
    const [x, y] = [row[p]!, row[q]!];
    row[p] = c * x - s * y;
    row[q] = s * x + c * y;
  }
  turn(v[p]!, v[q]!, c, s);
}

function turn(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let k = 0; k < x.length; k++) {
    const [xk, yk] = [x[k]!, y[k]!];
    x[k] = c * xk - s * yk;
    y[k] = s * xk + c * yk;
  }
}
