import assert from "node:assert/strict";
import { matrixProduct } from "../../engine/backends/onnx/matrix_product.ts";
import { Random } from "../../engine/descent/random.ts";
import { eigen } from "./eigen.ts";
import { normal } from "./noise.ts";

Deno.test("vectors times values give the matrix back, the largest value first", async () => {
  const random = new Random(1);
  const [rows, n] = [60, 24];
  const data = {
    rows,
    columns: n,
    values: Float32Array.from({ length: rows * n }, (_, i) => normal(random) / (1 + i % n)),
  };
  const matrix = await matrixProduct(data, data, { a: true });
  const { values, vectors } = eigen(matrix);
  assert.deepEqual(values, values.toSorted((a, b) => b - a));
  const scaled = { ...vectors, values: vectors.values.map((value, i) => value * values[Math.floor(i / n)]!) };
  const back = await matrixProduct(vectors, scaled, { a: true });
  for (const [i, value] of back.values.entries()) assert.ok(Math.abs(value - matrix.values[i]!) < 1e-5 * values[0]!);
});
