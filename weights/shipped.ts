/**
 * The VGG16 that comes with the program: 13 convolutions in float16. `README.md` beside it says whose it is and how the
 * file was made.
 *
 * @module
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The file. */
export const SHIPPED_WEIGHTS = fileURLToPath(new URL("./vgg16_convolutions_f16.npz", import.meta.url));

/** The attribution that its licence asks for. */
export const SHIPPED_NOTE =
  "VGG16 by Karen Simonyan and Andrew Zisserman, Visual Geometry Group, University of Oxford (CC BY 4.0), " +
  "rounded to float16, without fc6–fc8";

/**
 * The file that a setting means.
 *
 * @param setting `auto` for the one that comes with the program, or the path of a file.
 */
export function weightsPath(setting: string): string {
  return setting === "auto" ? SHIPPED_WEIGHTS : resolve(setting);
}
