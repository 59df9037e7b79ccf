import assert from "node:assert/strict";
import fc from "fast-check";
import { estimateCost, stepFlops } from "./estimate.ts";
import { PRESET_NAMES, type TransferOptions } from "../options/options.ts";
import { resolveOptions } from "../options/resolve.ts";
import { atLargestStyle } from "../options/style_side.ts";
import { transferOptions } from "../testing/options.ts";

const GIBIBYTE = 2 ** 30;
const SQUARE = { width: 1, height: 1 };

const preset = fc.constantFrom(...PRESET_NAMES);
const side = fc.integer({ min: 32, max: 4096 });

function square(given: Parameters<typeof resolveOptions>[0]): TransferOptions {
  return resolveOptions(given, SQUARE, 0);
}

Deno.test("FLOPs are those of the layer table: twice the multiplications, forward and backward", () => {
  const size = { width: 8, height: 6 };
  const options = transferOptions(size, {
    scales: [{ size: 8, steps: 1 }],
    contentLayers: [{ layer: "conv1_2", weight: 1 }],
    styleLayers: [{ layer: "conv2_1", weight: 1 }],
  });
  const convs = 48 * 9 * (3 * 64 + 64 * 64) + 12 * 9 * 64 * 128;
  assert.equal(stepFlops(size, options), 2 * 2 * convs + 2 * 2 * 12 * 128 * 128);
  const whitened = stepFlops(size, { ...options, whitening: 0.5 });
  assert.equal(whitened - stepFlops(size, options), 4 * 2 * 128 ** 3);
});

Deno.test("FLOPs at 224 pixels are the usual 15.35 billion multiplications forward", () => {
  const options = square({ preset: "CLASSIC", size: 224, contentLayers: [{ layer: "conv5_3" }], styleLayers: [] });
  assert.ok(Math.abs(stepFlops(options, options) / 4 / 1e9 - 15.35) < 0.02);
});

Deno.test("a transfer's FLOPs are the sum over its scales' steps", () => {
  fc.assert(
    fc.property(preset, side, (preset, size) => {
      const options = square({ preset, size });
      const { flops, memoryBytes, scales } = estimateCost(options);
      const wanted = options.scales.map((scale) => ({ ...scale, flopsPerStep: stepFlops(scale, options) }));
      assert.deepEqual(scales.map(({ memoryBytes: _, ...scale }) => scale), wanted);
      const sum = wanted.reduce((sum, { steps, flopsPerStep }) => sum + steps * flopsPerStep, 0);
      assert.ok(Math.abs(flops - sum) <= 1e-9 * sum);
      assert.equal(memoryBytes, Math.max(...scales.map((scale) => scale.memoryBytes)));
    }),
    { seed: 1, numRuns: 50 },
  );
});

Deno.test("memory grows with the size, L-BFGS' history, averaging and deeper layers", () => {
  const bytes = (given: Parameters<typeof resolveOptions>[0]) =>
    estimateCost(square({ preset: "BALANCED", ...given })).memoryBytes;
  const pixels = 1024 * 1024;
  assert.ok(bytes({ size: 1024 }) > bytes({ size: 1000 }));
  const history = (history: number) => bytes({ size: 1024, optimizer: { kind: "LBFGS", history } });
  // A step and a change of the gradient for each pair, and both once more in a checkpoint.
  assert.equal(history(30) - history(10), 20 * 4 * 12 * pixels);
  assert.ok(history(1) > bytes({ size: 1024, optimizer: { kind: "ADAM" } }));
  assert.ok(bytes({ size: 1024, averaging: 0.9 }) > bytes({ size: 1024 }));
  assert.ok(bytes({ size: 1024, styleLayers: [{ layer: "conv5_3" }] }) > bytes({ size: 1024 }));
  assert.ok(bytes({ size: 1024, styleScale: 4 }) > bytes({ size: 1024 }), "a style picture may be the larger one");
});

Deno.test("memory and tiles are those of the style that is looked at largest, its picture included", () => {
  const options = square({ preset: "BALANCED", size: 512 });
  assert.equal(atLargestStyle(options, [{ scale: 0.5 }, {}]), options);
  const cost = (...scales: number[]) => estimateCost(atLargestStyle(options, scales.map((scale) => ({ scale }))));
  assert.deepEqual(cost(0.5, 4, 1), estimateCost({ ...options, styleScale: 4 }));
  assert.deepEqual(cost(0.5), estimateCost(options), "a step at the picture takes more than a small style");
  // Tiles bound what the network takes, and nothing bounds the picture.
  const picture = 18 * (2048 ** 2 - 512 ** 2);
  const tiled = (scale: number) => estimateCost(atLargestStyle(options, [{ scale }]), 2e9).memoryBytes;
  assert.ok(tiled(4) > tiled(1) + picture / 2 && tiled(4) <= 2e9, `${tiled(1)} ${tiled(4)}`);
});

Deno.test("memory is near what processes were measured to take", () => {
  // MiB by `deno task bench memory`, on 16-channel blocks.
  const measured: [Parameters<typeof resolveOptions>[0], number][] = [
    [{ preset: "CLASSIC", size: 256 }, 501],
    [{ preset: "CLASSIC", size: 512 }, 883],
    [{ preset: "CLASSIC", size: 668 }, 1299],
    [{ preset: "CLASSIC", size: 896 }, 2047],
    [{ preset: "JOHNSON", size: 512, optimizer: { kind: "ADAM" } }, 765],
    [{ preset: "GATYS", size: 668, optimizer: { kind: "ADAM" } }, 1047],
  ];
  for (const [given, mebibytes] of measured) {
    const ratio = estimateCost(square(given)).memoryBytes / 2 ** 20 / mebibytes;
    assert.ok(ratio >= 1 && ratio < 1.17, `${JSON.stringify(given)}: ${ratio}`);
  }
});

Deno.test("in tiles memory is what processes were measured to take", () => {
  // MiB by `deno task bench memory CLASSIC/ADAM/512/0.73`, in 8 tiles.
  const cost = estimateCost(square({ preset: "CLASSIC", size: 512 }), 0.73e9);
  const ratio = cost.memoryBytes / 2 ** 20 / 684;
  assert.ok(ratio >= 1 && ratio < 1.17, `${ratio}`);
});

Deno.test("what fits is evaluated as a whole, what does not in tiles, within the limit", () => {
  fc.assert(
    fc.property(preset, side, side, fc.double({ min: 1, max: 16, noNaN: true }), (preset, width, height, gibibytes) => {
      const limit = gibibytes * GIBIBYTE;
      const optimizer = { kind: "ADAM" } as const;
      const options = resolveOptions({ preset, size: Math.max(width, height), optimizer }, { width, height }, 0);
      const whole = estimateCost(options);
      const limited = estimateCost(options, limit);
      if (whole.memoryBytes <= limit) assert.deepEqual(limited, whole);
      else if (limited.memoryBytes <= limit) assert.ok(limited.flops > whole.flops);
      // Smaller scales may have room in tiles where the largest has none.
      else assert.equal(limited.memoryBytes, whole.memoryBytes);
    }),
    { seed: 1, numRuns: 60 },
  );
});

Deno.test("2048² and 4096² with Adam fit into 12 GB with every preset", () => {
  for (const preset of PRESET_NAMES) {
    for (const size of [2048, 4096]) {
      const options = square({ preset, optimizer: { kind: "ADAM" }, scales: [{ size, steps: 10 }] });
      const { memoryBytes, flops } = estimateCost(options, 12e9);
      assert.ok(memoryBytes <= 12e9, `${preset} at ${size}: ${memoryBytes}`);
      assert.ok(flops < 2.4 * estimateCost(options).flops, `${preset} at ${size}: overlap`);
    }
  }
});
