import assert from "node:assert/strict";
import { deepestLayer, elementCount, featureSize, gradientFactor } from "./objective.ts";
import { averagePoolShares } from "./pooling.ts";

Deno.test("feature sizes halve at every pool, odd sides rounded up", () => {
  const size = { width: 41, height: 17 };
  assert.deepEqual(featureSize(size, "conv1_2"), { ...size, channels: 64 });
  assert.deepEqual(featureSize(size, "conv2_1"), { width: 21, height: 9, channels: 128 });
  assert.deepEqual(featureSize(size, "conv5_3"), { width: 3, height: 2, channels: 512 });
});

Deno.test("the deepest layer is found whatever the order", () => {
  assert.equal(deepestLayer(["conv2_1", "conv4_2", "conv1_1"]), "conv4_2");
  assert.throws(() => deepestLayer([]), /there is none/);
});

Deno.test("terms are means: content over all values, style over channels by channels", () => {
  const [content, style] = [
    { kind: "content", layer: "conv1_1", mask: null } as const,
    {
      kind: "style",
      layer: "conv1_1",
      mask: null,
    } as const,
  ];
  assert.equal(elementCount(content, 64, 100), 6400);
  assert.equal(elementCount(style, 64, 100), 4096);
  assert.equal(gradientFactor(content, 64, 100, false), 2 / 6400);
  assert.equal(gradientFactor(style, 64, 100, false), 4 / 6400 / 4096);
  assert.equal(gradientFactor(style, 64, 100, true), 1);
});

Deno.test("an average pool's window shares add up to the gain, at odd edges too", () => {
  assert.deepEqual(averagePoolShares({ width: 4, height: 2 }, { width: 2, height: 1 }), Float32Array.of(0.5, 0.5));
  assert.deepEqual(
    averagePoolShares({ width: 3, height: 3 }, { width: 2, height: 2 }),
    Float32Array.of(0.5, 1, 1, 2),
  );
});
