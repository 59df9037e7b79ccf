/**
 * Makes the weights that ship anew from Keras' published file:
 *
 *     deno task vgg16 vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 out.npz
 *
 * @module
 */
import { CONV_LAYERS } from "../../engine/vgg16.ts";
import { GramcastError } from "../../errors.ts";
import { loadWeights } from "../../weights/load_weights.ts";
import { writeFloat16Npz } from "./float16_npz.ts";

try {
  const [from, to] = Deno.args;
  if (from === undefined || to === undefined) {
    throw new GramcastError("BAD_USER_INPUT", "Cannot make weights: wanted a file to read and one to write");
  }
  const { convs } = (await loadWeights(from)).parameters;
  if (convs.size < CONV_LAYERS.length) {
    throw new GramcastError(
      "WEIGHTS_INCOMPLETE",
      `Cannot make weights: ${convs.size} convolutions, wanted all ${CONV_LAYERS.length}`,
    );
  }
  const bytes = await writeFloat16Npz(convs);
  await Deno.writeFile(to, bytes);
  console.log(`Wrote ${to}, ${bytes.length} bytes`);
} catch (error) {
  if (!(error instanceof GramcastError)) throw error;
  console.error(error.message);
  Deno.exit(1);
}
