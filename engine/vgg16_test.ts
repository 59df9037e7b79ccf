import assert from "node:assert/strict";
import { CONV_LAYERS, CONV_NAMES, convIndex, DENSE_LAYERS, FEATURE_LAYERS, layersUpTo, pooledSize } from "./vgg16.ts";

Deno.test("VGG16's table has the layers and parameters of configuration D", () => {
  assert.deepEqual(FEATURE_LAYERS.map((layer) => layer.kind === "conv" ? layer.outChannels : "M"), [
    ...[64, 64, "M", 128, 128, "M", 256, 256, 256, "M"],
    ...[512, 512, 512, "M", 512, 512, 512, "M"],
  ]);
  const convs = CONV_LAYERS.reduce((sum, { inChannels, outChannels }) => sum + (9 * inChannels + 1) * outChannels, 0);
  const denses = DENSE_LAYERS.reduce((sum, { inUnits, outUnits }) => sum + (inUnits + 1) * outUnits, 0);
  assert.equal(convs, 14_714_688);
  assert.equal(convs + denses, 138_357_544);
});

Deno.test("each layer of VGG16 takes what the one before it gives", () => {
  CONV_LAYERS.forEach(({ inChannels }, i) => assert.equal(inChannels, CONV_LAYERS[i - 1]?.outChannels ?? 3));
  assert.equal(DENSE_LAYERS[0]!.inUnits, 7 * 7 * CONV_LAYERS.at(-1)!.outChannels);
  DENSE_LAYERS.slice(1).forEach(({ inUnits }, i) => assert.equal(inUnits, DENSE_LAYERS[i]!.outUnits));
});

Deno.test("convolutions are named by block and place", () => {
  let [block, place] = [1, 0];
  for (const layer of FEATURE_LAYERS) {
    assert.equal(layer.name, layer.kind === "conv" ? `conv${block}_${++place}` : `pool${block}`);
    if (layer.kind === "pool") [block, place] = [block + 1, 0];
  }
  CONV_NAMES.forEach((name, i) => assert.equal(convIndex(name), i));
  assert.equal(convIndex("pool1"), -1);
});

Deno.test("layersUpTo ends at the named convolution", () => {
  assert.deepEqual(layersUpTo("conv2_1").map(({ name }) => name), ["conv1_1", "conv1_2", "pool1", "conv2_1"]);
  assert.throws(() => layersUpTo("conv9_1"), /Cannot find layer "conv9_1": wanted one of conv1_1/);
});

Deno.test("pools round odd sides up", () => {
  assert.deepEqual([1, 2, 3, 4, 41].map(pooledSize), [1, 1, 2, 2, 21]);
});
