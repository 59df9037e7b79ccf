import { type Matrix, matrixProduct } from "../../engine/backends/onnx/matrix_product.ts";
import { eigen, overRoots } from "./eigen.ts";

/**
 * Within-class covariance normalisation (Hatch, Kajarekar and Stolcke 2006) of white patches, a class being a patch and
 * its twin: directions in which the two differ count less, so that what is alike in both is what points are told apart by.
 *
 * @param white Patches in rows, white.
 * @param twins Of the same patches, in the same order.
 * @param strength Of the twins' differences beside the patches' own spread: at 0 nothing changes.
 * @returns The symmetric matrix (I + strength · N)^(−1/2), N being half of the mean product of the differences
 *   with themselves: the variance within a pair, estimated without bias.
 */
export async function invariance(white: Matrix, twins: Matrix, strength: number): Promise<Matrix> {
  const { rows, columns } = white;
  const differences = { rows, columns, values: white.values.map((value, i) => value - twins.values[i]!) };
  const within = await matrixProduct(differences, differences, { a: true });
  const share = strength / (2 * rows);
  const spread = within.values.map((value, i) => share * value + (i % (columns + 1) === 0 ? 1 : 0));
  const directions = eigen({ ...within, values: spread });
  return await matrixProduct(directions.vectors, overRoots(directions), { a: true });
}
