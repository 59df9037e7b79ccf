import assert from "node:assert/strict";
import fc from "fast-check";
import type { Picture } from "../picture.ts";
import { formulaNoise } from "../testing/formula.ts";
import { fillTransparent, withAlphaOf } from "./transparency.ts";

/** Noise, transparent in places. */
function holed(width: number, height: number, salt: number): Picture {
  const values = formulaNoise(4 * width * height, salt);
  const rgb = Uint8Array.from(values.subarray(0, 3 * width * height), (value) => (value + 1) * 128);
  const alpha = Uint8Array.from(values.subarray(3 * width * height), (value) => Math.max(0, 255 * value));
  return { width, height, rgb, alpha };
}

Deno.test("fillTransparent() changes nothing that can be seen, and stays within the colours that there are", () => {
  const side = fc.integer({ min: 1, max: 30 });
  fc.assert(
    fc.property(side, side, fc.nat(1000), (width, height, salt) => {
      const picture = holed(width, height, salt);
      const filled = fillTransparent(picture);
      assert.equal(filled.alpha, picture.alpha);
      const visible: number[] = [];
      picture.alpha!.forEach((opacity, i) => {
        if (opacity === 0) return;
        const seen = [...picture.rgb.subarray(3 * i, 3 * i + 3)];
        assert.deepEqual([...filled.rgb.subarray(3 * i, 3 * i + 3)], seen);
        visible.push(...seen);
      });
      if (visible.length === 0) return;
      const [low, high] = [Math.min(...visible), Math.max(...visible)];
      assert.ok(filled.rgb.every((value) => value >= low - 1 && value <= high + 1));
    }),
    { seed: 1, numRuns: 100 },
  );
});

Deno.test("fillTransparent() goes on with the colours beside a gap", () => {
  // Red on the left, blue on the right, and between them a hole whose own colour is green.
  const [width, height] = [48, 20];
  const rgb = new Uint8Array(3 * width * height);
  const alpha = new Uint8Array(width * height);
  for (let i = 0; i < width * height; i++) {
    const x = i % width;
    rgb.set(x < 16 ? [255, 0, 0] : x < 32 ? [0, 255, 0] : [0, 0, 255], 3 * i);
    alpha[i] = x >= 16 && x < 32 ? 0 : 255;
  }
  const filled = fillTransparent({ width, height, rgb, alpha });
  const at = (x: number) => [...filled.rgb.subarray(3 * (10 * width + x), 3 * (10 * width + x) + 3)];
  const [red, , blue] = at(23);
  assert.ok(at(17)[0]! > 180 && at(30)[2]! > 180, `${at(17)}, ${at(30)}`);
  assert.ok(red! > 60 && blue! > 60, `${at(23)}`);
  for (let x = 16; x < 32; x++) assert.equal(at(x)[1], 0, "the hole's own colour does not come through");
});

Deno.test("fillTransparent() leaves opaque pictures alone, and takes those of which nothing can be seen", () => {
  const opaque = { width: 2, height: 1, rgb: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  assert.equal(fillTransparent(opaque), opaque);
  const unseen = { ...opaque, alpha: new Uint8Array(2) };
  assert.equal(fillTransparent(unseen).rgb.length, 6);
});

Deno.test("withAlphaOf() gives a painting its content's alpha, and no colour where nothing is seen", () => {
  const painting = { width: 2, height: 1, rgb: Uint8Array.of(9, 8, 7, 6, 5, 4) };
  const content = { width: 2, height: 1, rgb: new Uint8Array(6), alpha: Uint8Array.of(128, 0) };
  assert.deepEqual(withAlphaOf(painting, content), {
    ...painting,
    rgb: Uint8Array.of(9, 8, 7, 0, 0, 0),
    alpha: content.alpha,
  });
  assert.equal(withAlphaOf(painting, painting), painting);
});
