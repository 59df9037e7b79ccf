import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { BGR_MEAN } from "../engine/vgg16.ts";
import { FileSource, MemorySource } from "./formats/byte_source.ts";
import { loadWeights } from "./load_weights.ts";
import { readParameters } from "./read_parameters.ts";
import { SHIPPED_WEIGHTS } from "./shipped.ts";
import { fixtureBias, fixtureKernel, fixturePath, lowestLayers } from "./testing/small_weights.ts";
import { writeHollowNetwork } from "./testing/hollow_network.ts";
import { writeSafetensors } from "./testing/write_safetensors.ts";

const READABLE = [
  ...[0, 1, 2, 3, 4, 5].map((protocol) => `python3_protocol${protocol}.npy`),
  ...[0, 1, 2].map((protocol) => `python2_protocol${protocol}.npy`),
  "python3_bytes_keys.npy",
  "numpy2_names.npy",
  "float64_big_endian.npy",
  "float16_fortran.npy",
  "stored.npz",
  "deflated.npz",
  "keras.h5",
  "keras_newer.h5",
];

Deno.test("every format gives the same parameters", async (t) => {
  for (const name of READABLE) {
    await t.step(name, async () => {
      const weights = await loadWeights(fixturePath(name));
      assert.equal(weights.name, name);
      assert.equal(weights.origin, "FILE");
      assert.equal(weights.sha256, createHash("sha256").update(Deno.readFileSync(weights.path)).digest("hex"));
      assert.deepEqual(weights.layers, [{ name: "conv1_1", weightShape: [3, 3, 3, 64], biasShape: [64] }]);
      const conv = weights.parameters.convs.get("conv1_1")!;
      assert.deepEqual(conv.kernel, fixtureKernel());
      assert.deepEqual(conv.bias, fixtureBias());
      assert.deepEqual(weights.parameters.inputMean, BGR_MEAN);
    });
  }
});

/** Counts what is read. */
class CountingSource extends FileSource {
  bytesRead = 0;
  override readInto(offset: number, target: Uint8Array): void {
    this.bytesRead += target.length;
    super.readInto(offset, target);
  }
}

/** Reads a file of this project's own kind and gives the message of the error. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await readParameters(new MemorySource("bad.safetensors", bytes)).then(
    () => assert.fail("it was read"),
    (error: unknown) => error,
  );
  assert.equal((error as { code?: string }).code, "WEIGHTS_UNREADABLE");
  return (error as Error).message;
}

Deno.test("messages name file, layer, found and wanted", async (t) => {
  const layers = lowestLayers(3);
  const change = (name: string, change: Partial<(typeof layers)[number]>) =>
    writeSafetensors(layers.map((tensor) => tensor.name === name ? { ...tensor, ...change } : tensor), {});
  const cases: [string, Uint8Array, string][] = [
    [
      "a gap",
      writeSafetensors(layers.filter(({ name }) => !name.startsWith("conv1_2")), {}),
      "conv1_2 is missing below conv2_1, wanted all layers up to the topmost",
    ],
    [
      "no layer at all",
      writeSafetensors([], {}),
      "conv1_1 is missing, wanted the layers of VGG16 from conv1_1 upwards",
    ],
    [
      "no bias",
      writeSafetensors(layers.filter(({ name }) => name !== "conv2_1.bias"), {}),
      "conv2_1 has no bias, wanted both",
    ],
    [
      "a wrong shape",
      change("conv1_2.weight", { shape: [64, 64, 3, 3] }),
      "conv1_2's weight has shape [64,64,3,3], wanted [3,3,64,64]",
    ],
    [
      "NaN",
      change("conv1_1.bias", { values: new Float32Array(64).fill(NaN, 7, 8) }),
      "conv1_1's bias has NaN at position 7, wanted finite numbers",
    ],
    [
      "whole numbers",
      change("conv1_1.bias", { values: new Int8Array(64) }),
      "conv1_1.bias has elements of type I8, wanted F16, BF16, F32 or F64",
    ],
    ["truncated", writeSafetensors(layers, {}).subarray(0, 5000), "it ends at byte 5000, wanted"],
    ["empty", new Uint8Array(0), "its first bytes are of no known format, wanted .npy, .npz, .h5 or .safetensors"],
  ];
  for (const [title, bytes, wanted] of cases) {
    await t.step(title, async () => {
      const message = await refusal(bytes);
      assert.ok(message.startsWith(`Cannot read weights bad.safetensors: ${wanted}`), message);
      assert.ok(!message.includes("\n"));
    });
  }
});

Deno.test("a pickle that asks for code is refused by its name", async () => {
  await assert.rejects(loadWeights(fixturePath("asks_for_code.npy")), {
    code: "WEIGHTS_UNREADABLE",
    message:
      "Cannot read weights asks_for_code.npy: its pickle asks for posix.system, wanted NumPy's array constructors alone",
  });
});

Deno.test("a file that is not there is an error without its folder", async () => {
  await assert.rejects(loadWeights(fixturePath("nowhere/none.npy")), {
    message: "Cannot read weights none.npy: there is no such file, wanted a file that can be read",
  });
});

Deno.test("dense layers are listed, and loaded when asked for", async () => {
  const path = await writeHollowNetwork((await loadWeights(SHIPPED_WEIGHTS)).parameters.convs);
  try {
    using source = new CountingSource(path);
    const { layers, parameters } = await readParameters(source);
    assert.deepEqual(layers.slice(13).map(({ name, weightShape }) => [name, ...weightShape]), [
      ["fc6", 25088, 4096],
      ["fc7", 4096, 4096],
      ["fc8", 4096, 1000],
    ]);
    assert.equal(parameters.denses.size, 0);
    assert.ok(source.bytesRead < 60e6, `${source.bytesRead} bytes were read`);
  } finally {
    await Deno.remove(path);
  }
});
