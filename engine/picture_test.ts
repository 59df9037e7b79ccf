import assert from "node:assert/strict";
import fc from "fast-check";
import { fitLongestSide, fromFine, toPicture, toPixels } from "./picture.ts";

const side = fc.integer({ min: 1, max: 5000 });

Deno.test("a fitted size has the asked longest side and the aspect ratio within a pixel", () => {
  fc.assert(
    fc.property(side, side, fc.integer({ min: 1, max: 4096 }), (width, height, longest) => {
      const fitted = fitLongestSide({ width, height }, longest);
      assert.equal(Math.max(fitted.width, fitted.height), longest);
      assert.ok(Math.min(fitted.width, fitted.height) >= 1);
      const shorter = (longest * Math.min(width, height)) / Math.max(width, height);
      assert.ok(Math.abs(Math.min(fitted.width, fitted.height) - Math.max(1, shorter)) <= 0.5001);
      if (width > height) assert.equal(fitted.width, longest);
    }),
    { seed: 1 },
  );
});

Deno.test("shown pictures are rounded and clamped", () => {
  const pixels = Float32Array.of(-5, 0.4, 0.6, 254.4, 254.6, 300);
  assert.deepEqual(toPicture(pixels, { width: 2, height: 1 }).rgb, Uint8Array.of(0, 0, 1, 254, 255, 255));
});

Deno.test("a picture comes back from floats as it was", () => {
  const picture = { width: 16, height: 16, rgb: Uint8Array.from({ length: 768 }, (_, i) => i % 256) };
  assert.deepEqual(toPicture(toPixels(picture), picture), picture);
});

Deno.test("a picture of 16 bits has the levels between those of 8, and is the same in 8", () => {
  const pixels = Float32Array.from({ length: 3000 }, (_, i) => i / 10 - 20);
  const picture = toPicture(pixels, { width: 100, height: 10 }, true);
  assert.ok(new Set(picture.rgb16).size > 2000);
  assert.deepEqual(picture.rgb, toPicture(pixels, picture).rgb);
  const odd = pixels.map((value) => value + 0.0123);
  const { rgb, rgb16 } = toPicture(odd, picture, true);
  assert.deepEqual(fromFine(rgb16!), rgb);
  assert.deepEqual([rgb16![0], rgb16![2999]], [0, 65_535]);
});
