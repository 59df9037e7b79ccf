import assert from "node:assert/strict";
import { CONV_LAYERS, type ConvParameters } from "../engine/vgg16.ts";
import { MemorySource } from "./formats/byte_source.ts";
import { generateConvolution } from "./generated_filters.ts";
import { writeQuantised } from "./quantise.ts";
import { readParameters } from "./read_parameters.ts";
import { readSafetensors } from "./formats/safetensors.ts";

Deno.test("what is quantised is read back within half a code of each filter", async () => {
  const convs = new Map<string, ConvParameters>();
  for (const layer of CONV_LAYERS.slice(0, 3)) {
    const { kernel } = generateConvolution(layer, 3);
    // Filters of very different size, one of them empty.
    const sized = kernel.map((weight, i) => weight * (i % layer.outChannels) ** 3);
    convs.set(layer.name, {
      kernel: sized,
      bias: Float32Array.from({ length: layer.outChannels }, (_, i) => i / 7 - 3),
    });
  }
  const source = new MemorySource("small.safetensors", writeQuantised(convs, { seed: "3" }));
  assert.equal(readSafetensors(source).metadata.seed, "3");
  const { parameters } = await readParameters(source);
  for (const { name, outChannels } of CONV_LAYERS.slice(0, 3)) {
    const [written, read] = [convs.get(name)!, parameters.convs.get(name)!];
    assert.deepEqual(read.bias, written.bias);
    const largest = new Float32Array(outChannels);
    written.kernel.forEach((weight, i) =>
      largest[i % outChannels] = Math.max(largest[i % outChannels]!, Math.abs(weight))
    );
    written.kernel.forEach((weight, i) => {
      const error = Math.abs(read.kernel[i]! - weight);
      assert.ok(error <= 0.501 * largest[i % outChannels]! / 127, `${name} ${i}: off by ${error}`);
    });
  }
});
