import assert from "node:assert/strict";
import fc from "fast-check";
import { MemorySource } from "./byte_source.ts";
import { readSafetensors } from "./safetensors.ts";
import { writeSafetensors } from "../testing/write_safetensors.ts";

function source(bytes: Uint8Array): MemorySource {
  return new MemorySource("test.safetensors", bytes);
}

Deno.test("numbers are read back as they were written, and the input mean", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 20 }), async (numbers) => {
      const values = Float32Array.from(numbers);
      const file = readSafetensors(
        source(writeSafetensors([{ name: "x", shape: [values.length], values }], { input_mean: "1,2.5,3" })),
      );
      assert.deepEqual(await file.tensors.get("x")!.read(), values);
      assert.deepEqual(file.inputMean, [1, 2.5, 3]);
    }),
    { numRuns: 30 },
  );
});

Deno.test("halves of both kinds and doubles are read", async () => {
  const numbers = [0.5, -1.25, 3, 0];
  const types: [string, Uint8Array][] = [
    ["F16", new Uint8Array(new Float16Array(numbers).buffer)],
    [
      "BF16",
      new Uint8Array(Uint16Array.from(new Uint32Array(new Float32Array(numbers).buffer), (w) => w >>> 16).buffer),
    ],
    ["F64", new Uint8Array(new Float64Array(numbers).buffer)],
  ];
  for (const [dtype, data] of types) {
    const header = JSON.stringify({ x: { dtype, shape: [4], data_offsets: [0, data.length] } });
    const bytes = new Uint8Array(8 + header.length + data.length);
    bytes[0] = header.length;
    bytes.set(new TextEncoder().encode(header), 8);
    bytes.set(data, 8 + header.length);
    assert.deepEqual(await readSafetensors(source(bytes)).tensors.get("x")!.read(), Float32Array.from(numbers), dtype);
  }
});
