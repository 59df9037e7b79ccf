import type { Pixels } from "../../picture.ts";
import { DENSE_LAYERS, type Vgg16Parameters } from "../../vgg16.ts";
import { CLASSIFIER_SIDE, requireWholeNetwork } from "../whole_network.ts";
import type { Layout } from "./layout.ts";
import { ints, ModelBuilder } from "./model.ts";
import { forward, IMAGE, pool } from "./network.ts";
import type { PackedParameters } from "./parameters.ts";
import { Session, type SessionOptions } from "./session.ts";

/**
 * The whole network: convolutions, fc6 and fc7 with ReLU, fc8 and softmax.
 *
 * @param pixels 224×224, RGB, 0–255.
 * @returns A probability for each output of fc8: 1000 for ImageNet.
 * @throws {GramcastError} WEIGHTS_INCOMPLETE when a layer is missing.
 */
export async function classify(
  pixels: Pixels,
  parameters: Vgg16Parameters,
  packed: PackedParameters,
  layout: Layout,
  options: SessionOptions,
): Promise<Float32Array> {
  requireWholeNetwork(new Set([...parameters.convs.keys(), ...parameters.denses.keys()]));
  const graph = new ModelBuilder();
  const side = { width: CLASSIFIER_SIDE, height: CLASSIFIER_SIDE };
  const top = pool(graph, layout, forward(graph, layout, side, "conv5_3", "MAX").at(-1)!.output, "MAX");
  const planar = layout.toPlanar(graph, top, top.channels);
  const rows = graph.node("Transpose", [planar], { perm: ints(0, 2, 3, 1) });
  let x = graph.node("Reshape", [rows, graph.ints([1, -1])]);
  const constants = new Map<string, Float32Array>();
  let units = 0;
  for (const { name } of DENSE_LAYERS) {
    const { kernel, bias } = parameters.denses.get(name)!;
    units = bias.length;
    constants.set(`${name}.kernel`, kernel).set(`${name}.bias`, bias);
    const inputs = [
      graph.input(`${name}.kernel`, [kernel.length / units, units]),
      graph.input(`${name}.bias`, [units]),
    ];
    x = graph.node("Gemm", [x, ...inputs]);
    x = name === "fc8" ? graph.node("Softmax", [x], { axis: -1n }) : graph.node("Relu", [x]);
  }
  graph.output("probabilities", x, [1, units]);
  const session = await Session.create(graph, packed, constants, options);
  try {
    const results = await session.run({ [IMAGE]: { data: pixels, shape: [1, CLASSIFIER_SIDE, CLASSIFIER_SIDE, 3] } });
    return results.get("probabilities")!;
  } finally {
    await session.dispose();
  }
}
