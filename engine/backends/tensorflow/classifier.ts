import type { Pixels } from "../../picture.ts";
import { DENSE_LAYERS, type Vgg16Parameters } from "../../vgg16.ts";
import { CLASSIFIER_SIDE, requireWholeNetwork } from "../whole_network.ts";
import type { Network } from "./network.ts";
import type { Tensor, Tf } from "./tf.ts";

/**
 * The whole network: convolutions, fc6 and fc7 with ReLU, fc8 and softmax. The dense layers' 494 MB are on the device only
 * while it runs.
 *
 * @param pixels 224×224, RGB, 0–255.
 * @returns A probability for each output of fc8: 1000 for ImageNet.
 * @throws {GramcastError} WEIGHTS_INCOMPLETE when a layer is missing.
 */
export async function classify(
  tf: Tf,
  network: Network,
  parameters: Vgg16Parameters,
  pixels: Pixels,
): Promise<Float32Array> {
  requireWholeNetwork(new Set([...parameters.convs.keys(), ...parameters.denses.keys()]));
  const probabilities = tf.tidy((): Tensor => {
    const image = network.image(pixels, { width: CLASSIFIER_SIDE, height: CLASSIFIER_SIDE });
    const top = network.pool(network.forward(image, "conv5_3", "MAX").at(-1)!.output, "MAX");
    let x = tf.reshape(top, [1, -1]);
    for (const { name } of DENSE_LAYERS) {
      const { kernel, bias } = parameters.denses.get(name)!;
      const units = bias.length;
      const weights = tf.tensor(kernel, [kernel.length / units, units]);
      x = tf.add(tf.matMul(x, weights), tf.tensor(bias, [1, units]));
      x = name === "fc8" ? tf.softmax(x) : tf.relu(x);
    }
    return x;
  });
  try {
    return await probabilities.data();
  } finally {
    probabilities.dispose();
  }
}
