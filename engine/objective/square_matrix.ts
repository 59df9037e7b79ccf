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

export function transpose(matrix: Float32Array): Float32Array {
  const side = Math.sqrt(matrix.length);
  return matrix.map((_, at) => matrix[(at % side) * side + Math.floor(at / side)]!);
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
