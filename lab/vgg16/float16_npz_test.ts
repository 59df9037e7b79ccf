import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { MemorySource } from "../../weights/formats/byte_source.ts";
import { loadWeights } from "../../weights/load_weights.ts";
import { readParameters } from "../../weights/read_parameters.ts";
import { fixturePath } from "../../weights/testing/small_weights.ts";
import { SHIPPED_WEIGHTS } from "../../weights/shipped.ts";
import { writeFloat16Npz } from "./float16_npz.ts";

Deno.test("a file of Keras' layout becomes an archive of the same numbers", async () => {
  // Values that float16 holds exactly.
  const { convs } = (await loadWeights(fixturePath("keras.h5"))).parameters;
  const bytes = await writeFloat16Npz(convs);
  const { parameters } = await readParameters(new MemorySource("small.npz", bytes));
  assert.deepEqual(parameters.convs, convs);
  assert.deepEqual(await writeFloat16Npz(convs), bytes, "the same bytes each time");
});

Deno.test("kernels are rounded to the nearest half, ties to even; biases stay as they are", async () => {
  const ulp = 2 ** -10;
  const given = [1 + 0.4 * ulp, 1 + 0.5 * ulp, 1 + 1.5 * ulp, 1 + 0.6 * ulp, -1 - 1.5 * ulp, 2 ** -24, 2 ** -26];
  const kernel = new Float32Array(27 * 64);
  kernel.set(given);
  const bias = new Float32Array(64).fill(1 / 3);
  const bytes = await writeFloat16Npz(new Map([["conv1_1", { kernel, bias }]]));
  const { parameters } = await readParameters(new MemorySource("rounded.npz", bytes));
  const read = parameters.convs.get("conv1_1")!;
  assert.deepEqual([...read.kernel.subarray(0, 7)], [1, 1, 1 + 2 * ulp, 1 + ulp, -1 - 2 * ulp, 2 ** -24, 0]);
  assert.deepEqual(read.bias, bias);
});

Deno.test("the weights that ship are what this writes: made again from themselves, they are the same", async () => {
  const { parameters, layers } = await loadWeights(SHIPPED_WEIGHTS);
  const again = new MemorySource("again.npz", await writeFloat16Npz(parameters.convs));
  assert.ok(again.size < 28e6, `${again.size} bytes`);
  const read = await readParameters(again);
  assert.deepEqual(read.layers, layers);
  for (const [name, { kernel, bias }] of parameters.convs) {
    const other = read.parameters.convs.get(name)!;
    assert.ok(Buffer.from(kernel.buffer).equals(Buffer.from(other.kernel.buffer)), name);
    assert.ok(Buffer.from(bias.buffer).equals(Buffer.from(other.bias.buffer)), name);
  }
});
