import assert from "node:assert/strict";
import { MemorySource } from "./byte_source.ts";
import { readParameters } from "../read_parameters.ts";
import { writeSafetensors } from "../testing/write_safetensors.ts";
import { torchvisionDense } from "./torchvision.ts";

const SIDE = 4;

/** A small random-looking number from an index, the same each time. */
function value(index: number, salt: number): number {
  return ((index * 7919 + salt * 104729) % 1009) / 1009;
}

Deno.test("torchvision's conv1_1 gives the same activations, at the border too", async () => {
  const kernel = Float32Array.from({ length: 64 * 27 }, (_, i) => value(i, 1) - 0.5);
  const bias = Float32Array.from({ length: 64 }, (_, i) => value(i, 2) - 0.5);
  const bytes = writeSafetensors([
    { name: "features.0.weight", shape: [64, 3, 3, 3], values: kernel },
    { name: "features.0.bias", shape: [64], values: bias },
  ], {});
  const { parameters } = await readParameters(new MemorySource("torchvision.safetensors", bytes));
  const conv = parameters.convs.get("conv1_1")!;
  const picture = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => 255 * value(i, 3));
  const means = [0.485, 0.456, 0.406];
  const deviations = [0.229, 0.224, 0.225];

  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      for (let out = 0; out < 64; out++) {
        let theirs = bias[out]!;
        let ours = conv.bias[out]!;
        for (let tap = 0; tap < 9; tap++) {
          const [row, column] = [y + Math.floor(tap / 3) - 1, x + tap % 3 - 1];
          if (row < 0 || column < 0 || row >= SIDE || column >= SIDE) continue;
          for (let c = 0; c < 3; c++) {
            const rgb = picture[(row * SIDE + column) * 3 + c]!;
            theirs += kernel[(out * 3 + c) * 9 + tap]! * (rgb / 255 - means[c]!) / deviations[c]!;
            const bgr = picture[(row * SIDE + column) * 3 + 2 - c]!;
            ours += conv.kernel[(tap * 3 + c) * 64 + out]! * (bgr - parameters.inputMean[c]!);
          }
        }
        assert.ok(Math.abs(ours - theirs) < 1e-5, `${ours} at ${y}, ${x}, ${out}, wanted ${theirs}`);
      }
    }
  }
});

Deno.test("torchvision's fc6 reads pool5 in the same places", () => {
  const channels = 5;
  const kernel = Float32Array.from({ length: 2 * 49 * channels }, (_, i) => i);
  const converted = torchvisionDense("fc6", kernel, 49 * channels, 2);
  for (let row = 0; row < 7; row++) {
    for (let column = 0; column < 7; column++) {
      for (let c = 0; c < channels; c++) {
        for (let out = 0; out < 2; out++) {
          const ours = converted[((row * 7 + column) * channels + c) * 2 + out];
          assert.equal(ours, kernel[((out * channels + c) * 7 + row) * 7 + column]);
        }
      }
    }
  }
});

Deno.test("names of torchvision and others in one file are refused", async () => {
  const kernel = new Float32Array(64 * 27);
  const bytes = writeSafetensors([
    { name: "features.0.weight", shape: [64, 3, 3, 3], values: kernel },
    { name: "conv1_1.bias", shape: [64], values: new Float32Array(64) },
  ], {});
  await assert.rejects(readParameters(new MemorySource("mixed.safetensors", bytes)), {
    message: "Cannot read weights mixed.safetensors: it mixes torchvision's names of layers with others, " +
      "wanted one way of naming them",
  });
});
