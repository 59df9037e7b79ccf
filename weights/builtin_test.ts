import assert from "node:assert/strict";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { CONV_LAYERS, CONV_NAMES } from "../engine/vgg16.ts";
import { BUILTIN_FILE, loadBuiltinWeights } from "./builtin.ts";
import { FileSource } from "./formats/byte_source.ts";
import { ACTIVITY } from "./learn/learn_filters.ts";
import { trainingPicture } from "./learn/pictures.ts";
import { readSafetensors } from "./formats/safetensors.ts";
import { toPixels } from "../engine/picture.ts";

Deno.test("the built-in filters are all 13 convolutions of VGG16, the lower ten learned", async () => {
  const { origin, layers, parameters, reference } = await loadBuiltinWeights();
  assert.equal(origin, "BUILTIN");
  assert.equal(reference, "builtin");
  assert.deepEqual(layers.map(({ name }) => name), CONV_NAMES);
  for (const { name, inChannels, outChannels } of CONV_LAYERS) {
    const { kernel, bias } = parameters.convs.get(name)!;
    assert.equal(kernel.length, 9 * inChannels * outChannels);
    assert.equal(bias.length, outChannels);
    assert.ok(kernel.every(Number.isFinite) && bias.every(Number.isFinite), name);
  }
});

Deno.test("their file is small and says where it is from", () => {
  using source = new FileSource(BUILTIN_FILE);
  assert.ok(source.size <= 8e6, `${source.size} bytes`);
  const { metadata, tensors } = readSafetensors(source);
  assert.match(metadata.date ?? "", /^\d{4}-\d\d-\d\d$/);
  for (const key of ["seed", "method", "version", "pictures"]) assert.ok(metadata[key], key);
  assert.deepEqual(
    CONV_NAMES.filter((name) => tensors.has(`${name}.weight`)),
    CONV_NAMES.slice(0, CONV_NAMES.indexOf("conv4_3") + 1),
  );
});

Deno.test("activations are about as large as those of the trained network, so that one set of loss weights serves both", async () => {
  const { parameters } = await loadBuiltinWeights();
  const backend = await OnnxBackend.open(parameters, "cpu", { threads: 1 });
  const layers = Object.keys(ACTIVITY);
  const squares = new Map<string, number>();
  // Pictures that were not learned from.
  for (let index = 0; index < 8; index++) {
    const picture = trainingPicture(99, index, 64);
    for (const [layer, values] of await backend.features(toPixels(picture), picture, layers, "MAX")) {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      squares.set(layer, (squares.get(layer) ?? 0) + variance / 8);
    }
  }
  await backend.close();
  for (const [layer, square] of squares) {
    const ratio = Math.sqrt(square) / ACTIVITY[layer]!.deviation;
    assert.ok(ratio > 0.5 && ratio < 2, `${layer}: ${ratio.toFixed(2)} times the deviation aimed at`);
  }
});
