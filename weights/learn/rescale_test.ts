import assert from "node:assert/strict";
import { OnnxBackend } from "../../engine/backends/onnx/backend.ts";
import { toPixels } from "../../engine/picture.ts";
import { BGR_MEAN, CONV_LAYERS, type ConvParameters } from "../../engine/vgg16.ts";
import { generateConvolution } from "../generated_filters.ts";
import { trainingPicture } from "./pictures.ts";
import { rescale } from "./rescale.ts";

const DEVIATIONS = new Map([["conv1_1", 31], ["conv1_2", 60], ["conv2_1", 0.5]]);
const picture = trainingPicture(1, 0, 32);

async function features(convs: ReadonlyMap<string, ConvParameters>): Promise<ReadonlyMap<string, Float32Array>> {
  const backend = await OnnxBackend.open({ convs, denses: new Map(), inputMean: BGR_MEAN }, "cpu");
  const found = await backend.features(toPixels(picture), picture, [...DEVIATIONS.keys()], "MAX");
  await backend.close();
  return found;
}

Deno.test("rescaled layers respond as before, times what was asked for", async () => {
  const layers = CONV_LAYERS.filter(({ name }) => DEVIATIONS.has(name));
  const convs = new Map(layers.map((layer) => {
    const bias = Float32Array.from({ length: layer.outChannels }, (_, i) => i % 5 - 2);
    return [layer.name, { ...generateConvolution(layer, 3), bias }];
  }));
  const before = await features(convs);
  const after = await features(rescale(convs, (layer) => DEVIATIONS.get(layer)!));
  for (const [layer, values] of after) {
    const wanted = before.get(layer)!.map((value) => value * DEVIATIONS.get(layer)!);
    const largest = wanted.reduce((most, value) => Math.max(most, value), 0);
    assert.ok(largest > 0);
    assert.ok(values.every((value, i) => Math.abs(value - wanted[i]!) < 1e-5 * largest), layer);
  }
});
