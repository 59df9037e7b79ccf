import assert from "node:assert/strict";
import { CONV_LAYERS } from "../engine/vgg16.ts";
import { describeWeights } from "./describe_weights.ts";
import { loadWeights } from "./load_weights.ts";
import { SHIPPED_WEIGHTS, weightsPath } from "./shipped.ts";

Deno.test("auto is the file that ships, anything else a file of one's own", () => {
  assert.equal(weightsPath("auto"), SHIPPED_WEIGHTS);
  assert.equal(weightsPath("/mine/vgg16.npy"), "/mine/vgg16.npy");
});

Deno.test("the weights that ship are the 13 convolutions of VGG16 as published", async () => {
  const { origin, layers, parameters } = await loadWeights(SHIPPED_WEIGHTS);
  assert.equal(origin, "SHIPPED");
  assert.deepEqual(
    layers.map(({ name, weightShape }) => [name, ...weightShape]),
    CONV_LAYERS.map(({ name, inChannels, outChannels }) => [name, 3, 3, inChannels, outChannels]),
  );
  // The published model's first weights for blue, green and red, and its first bias.
  const { kernel, bias } = parameters.convs.get("conv1_1")!;
  const published = [0.42947057, 0.55037946, 0.4800154];
  published.forEach((weight, channel) => {
    assert.ok(Math.abs(kernel[64 * channel]! - weight) < Math.abs(weight) / 2048, `${kernel[64 * channel]}`);
  });
  assert.ok(Math.abs(bias[0]! - 0.7342984) < 1e-5, `${bias[0]}`);
});

Deno.test("what is said of the shipped file is true: its hash, and whose work it is", async () => {
  const { name, sha256, note } = await describeWeights(SHIPPED_WEIGHTS);
  const page = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  assert.ok(page.includes(sha256), "README.md gives the SHA-256");
  assert.ok(page.includes(name), "README.md names the file");
  for (const said of ["Simonyan", "Zisserman", "CC BY 4.0"]) {
    assert.ok(page.includes(said), said);
    assert.ok(note!.includes(said), said);
  }
});
