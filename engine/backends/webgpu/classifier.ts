import type { Pixels } from "../../picture.ts";
import { DENSE_LAYERS, type DenseParameters, type Vgg16Parameters } from "../../vgg16.ts";
import { CLASSIFIER_SIDE, requireWholeNetwork } from "../whole_network.ts";
import type { Device } from "./device.ts";
import { mapLength, valueIndex } from "./feature_map.ts";
import { pool } from "./kernels/pool.ts";
import { mapOf, PICTURE, planNetwork } from "./network_plan.ts";
import type { DeviceParameters } from "./parameters.ts";
import { Plan } from "./plan.ts";
import { Program } from "./program.ts";

const TOP = "top";

/**
 * The whole network: convolutions on the device, fc6 and fc7 with ReLU, fc8 and softmax here: reading the dense layers'
 * 494 MB once takes no longer than moving them to a device.
 *
 * @param pixels 224×224, RGB, 0–255.
 * @returns A probability for each output of fc8: 1000 for ImageNet.
 * @throws {GramcastError} WEIGHTS_INCOMPLETE when a layer is missing.
 */
export async function classify(
  device: Device,
  parameters: Vgg16Parameters,
  onDevice: DeviceParameters,
  pixels: Pixels,
): Promise<Float32Array> {
  requireWholeNetwork(new Set([...parameters.convs.keys(), ...parameters.denses.keys()]));
  let x = await topFeatures(device, onDevice, pixels);
  for (const { name } of DENSE_LAYERS) {
    const sums = dense(x, parameters.denses.get(name)!);
    x = name === "fc8" ? softmax(sums) : sums.map((value) => Math.max(0, value));
  }
  return Float32Array.from(x);
}

/** What pool5 gives out, by row, column and channel. */
async function topFeatures(device: Device, parameters: DeviceParameters, pixels: Pixels): Promise<Float64Array> {
  const plan = new Plan();
  const size = { width: CLASSIFIER_SIDE, height: CLASSIFIER_SIDE };
  const network = { size, last: "conv5_3", pooling: "MAX", ...parameters.network } as const;
  const { output } = [...planNetwork(plan, network)].at(-1)!;
  const top = mapOf(plan, TOP, { width: output.width / 2, height: output.height / 2, channels: output.channels });
  plan.add(pool(output, top, "MAX"));
  const program = await Program.create(device, plan, (buffer) => parameters.get(buffer));
  try {
    program.write(PICTURE, pixels);
    const [quads] = await program.run([program.reading(TOP, mapLength(top))]);
    const { channels } = top;
    const area = top.width * top.height;
    return Float64Array.from(quads!, (_, i) => {
      const [pixel, channel] = [Math.floor(i / channels), i % channels];
      return quads![valueIndex(channel, pixel, area)]!;
    });
  } finally {
    program.dispose();
  }
}

/** x · kernel + bias. */
function dense(x: Float64Array, { kernel, bias }: DenseParameters): Float64Array {
  const sums = Float64Array.from(bias);
  x.forEach((value, i) => {
    if (value === 0) return;
    const row = i * sums.length;
    for (let unit = 0; unit < sums.length; unit++) sums[unit]! += value * kernel[row + unit]!;
  });
  return sums;
}

function softmax(values: Float64Array): Float64Array {
  const largest = values.reduce((a, b) => Math.max(a, b));
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
