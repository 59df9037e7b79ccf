import assert from "node:assert/strict";
import fc from "fast-check";
import { GramcastError } from "../errors.ts";
import { MemorySource } from "./formats/byte_source.ts";
import { readParameters } from "./read_parameters.ts";
import { fixturePath, lowestLayers } from "./testing/small_weights.ts";
import { writeSafetensors } from "./testing/write_safetensors.ts";

const FILES = ["python2_protocol0.npy", "python2_protocol2.npy", "python3_protocol4.npy", "deflated.npz", "stored.npz"];
/** Headers, opcodes and directories are where damage matters; most of a file is numbers, where it does not. */
const EDGE_BYTES = 600;

/** Reads damaged bytes: valid weights or an error of ours with one line, nothing else. */
async function readDamaged(name: string, bytes: Uint8Array): Promise<void> {
  try {
    const { parameters, layers } = await readParameters(new MemorySource(name, bytes), { dense: true });
    assert.ok(layers.length > 0);
    for (const { kernel, bias } of parameters.convs.values()) {
      assert.ok(kernel.every(Number.isFinite) && bias.every(Number.isFinite));
    }
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    assert.match(error.message, /^Cannot read weights [^\n]*, wanted [^\n]*$/);
  }
}

function damages(length: number): fc.Arbitrary<{ at: number; value: number }[]> {
  const edges = fc.oneof(
    fc.nat(Math.min(length, EDGE_BYTES) - 1),
    fc.nat(Math.min(length, EDGE_BYTES) - 1).map((distance) => length - 1 - distance),
    fc.nat(length - 1),
  );
  return fc.array(fc.record({ at: edges, value: fc.nat(255) }), { minLength: 1, maxLength: 4 });
}

Deno.test("no damage gives anything but weights or an error of ours", async (t) => {
  const files = new Map(FILES.map((name) => [name, Deno.readFileSync(fixturePath(name))]));
  files.set("own.safetensors", writeSafetensors(lowestLayers(1), { input_mean: "1,2,3" }));
  for (const name of ["keras.h5", "keras_newer.h5"]) files.set(name, Deno.readFileSync(fixturePath(name)));
  for (const [name, bytes] of files) {
    await t.step(`${name}, cut short`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), (length) => readDamaged(name, bytes.slice(0, length))),
        { numRuns: 60 },
      );
    });
    await t.step(`${name}, bytes changed`, async () => {
      await fc.assert(
        fc.asyncProperty(damages(bytes.length), async (changes) => {
          const damaged = bytes.slice();
          for (const { at, value } of changes) damaged[at] = value;
          await readDamaged(name, damaged);
        }),
        { numRuns: 200 },
      );
    });
  }
});
