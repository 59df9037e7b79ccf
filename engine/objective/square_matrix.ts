/**
 * Square matrices, row by row.
 *
 * @module
 */

/** The sum of the diagonal. */
export function trace(matrix: Float32Array): number {
  const side = Math.sqrt(matrix.length);
  let sum = 0;
  for (let i = 0; i < side; i++) sum += matrix[i * (side + 1)]!;
  return sum;
}

export function transpose<T extends Float32Array | Float64Array>(matrix: T): T {
  const side = Math.sqrt(matrix.length);
  return matrix.map((_, at) => matrix[(at % side) * side + Math.floor(at / side)]!) as T;
}

/** T X Tᵀ, with sums in float64. */
export function congruence(t: Float32Array, x: Float32Array): Float32Array {
  const side = Math.sqrt(x.length);
  const left = new Float64Array(x.length);
  for (let i = 0; i < side; i++) {
    for (let k = 0; k < side; k++) {
      const factor = t[i * side + k]!;
      // Half of a triangular matrix is nothing to multiply with.
      if (factor === 0) continue;
      for (let j = 0; j < side; j++) left[i * side + j]! += factor * x[k * side + j]!;
    }
  }
  const result = new Float32Array(x.length);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      let sum = 0;
      for (let k = 0; k < side; k++) sum += left[i * side + k]! * t[j * side + k]!;
      result[i * side + j] = sum;
    }
  }
  return result;
}

/** The lower triangular L with L Lᵀ = `matrix`, which is positive definite. */
export function cholesky(matrix: Float64Array): Float64Array {
  const side = Math.sqrt(matrix.length);
  const lower = new Float64Array(matrix.length);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j <= i; j++) {
      let value = matrix[i * side + j]!;
      for (let k = 0; k < j; k++) value -= lower[i * side + k]! * lower[j * side + k]!;
      lower[i * side + j] = i === j ? Math.sqrt(value) : value / lower[j * side + j]!;
    }
  }
  return lower;
}

/** The inverse of a lower triangular matrix. */
export function invertLower(lower: Float64Array): Float64Array {
  const side = Math.sqrt(lower.length);
  const inverse = new Float64Array(lower.length);
  for (let column = 0; column < side; column++) {
    for (let i = column; i < side; i++) {
      let value = i === column ? 1 : 0;
      for (let k = column; k < i; k++) value -= lower[i * side + k]! * inverse[k * side + column]!;
      inverse[i * side + column] = value / lower[i * side + i]!;
    }
  }
  return inverse;
}

/** Turns of Jacobi's method over all pairs: it converges quadratically, for three rows after about five. */
const MOST_SWEEPS = 30;

/**
 * Q f(Λ) Qᵀ of a symmetric matrix Q Λ Qᵀ of a few rows: with a root its root, with the reciprocal its inverse. By Jacobi's
 * rotations.
 */
export function onEigenvalues(matrix: Float64Array, f: (eigenvalue: number) => number): Float64Array {
  const side = Math.sqrt(matrix.length);
  const rest = matrix.slice();
  const vectors = new Float64Array(matrix.length);
  for (let i = 0; i < side; i++) vectors[i * (side + 1)] = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS && !isDiagonal(rest); sweep++) {
    for (let p = 0; p < side; p++) for (let q = p + 1; q < side; q++) rotate(rest, vectors, p, q);
  }
  const values = Array.from({ length: side }, (_, i) => f(rest[i * (side + 1)]!));
  return matrix.map((_, at) => {
    const [i, j] = [Math.floor(at / side), at % side];
    return values.reduce((sum, value, k) => sum + vectors[i * side + k]! * value * vectors[j * side + k]!, 0);
  });
}

function isDiagonal(matrix: Float64Array): boolean {
  const side = Math.sqrt(matrix.length);
  return matrix.every((value, at) => at % (side + 1) === 0 || value === 0);
}

/** Turns rows and columns `p` and `q` so that the value where they cross becomes 0, and the vectors with them. */
function rotate(matrix: Float64Array, vectors: Float64Array, p: number, q: number): void {
  const side = Math.sqrt(matrix.length);
  const crossing = matrix[p * side + q]!;
  const [pp, qq] = [matrix[p * (side + 1)]!, matrix[q * (side + 1)]!];
  // Too small to change what is on the diagonal.
  if (Math.abs(crossing) <= 1e-18 * (Math.abs(pp) + Math.abs(qq))) {
    matrix[p * side + q] = matrix[q * side + p] = 0;
    return;
  }
  const theta = (qq - pp) / (2 * crossing);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  const turn = (of: Float64Array, a: number, b: number) => {
    const [x, y] = [of[a]!, of[b]!];
    of[a] = cosine * x - sine * y;
    of[b] = sine * x + cosine * y;
  };
  for (let k = 0; k < side; k++) turn(matrix, k * side + p, k * side + q);
  for (let k = 0; k < side; k++) turn(matrix, p * side + k, q * side + k);
  matrix[p * side + q] = matrix[q * side + p] = 0;
  for (let k = 0; k < side; k++) turn(vectors, k * side + p, k * side + q);
}
