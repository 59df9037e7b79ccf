import assert from "node:assert/strict";
import fc from "fast-check";
import { resizePicture } from "./resize.ts";

Deno.test("resizePicture() gives exactly the size asked for", async () => {
  const side = fc.integer({ min: 1, max: 70 });
  await fc.assert(
    fc.asyncProperty(side, side, side, side, async (width, height, toWidth, toHeight) => {
      const picture = { width, height, rgb: new Uint8Array(3 * width * height).fill(120) };
      const resized = await resizePicture(picture, { width: toWidth, height: toHeight });
      assert.deepEqual([resized.width, resized.height], [toWidth, toHeight]);
      assert.deepEqual(resized.rgb, new Uint8Array(3 * toWidth * toHeight).fill(120));
    }),
    { numRuns: 60 },
  );
});

Deno.test("resizePicture() keeps a picture that has the size already", async () => {
  const picture = { width: 3, height: 2, rgb: Uint8Array.from({ length: 18 }, (_, i) => i * 9) };
  assert.equal(await resizePicture(picture, { width: 3, height: 2 }), picture);
});

Deno.test("resizePicture() keeps a slow gradient a gradient, without ringing or shift", async () => {
  const width = 256;
  const ramp = (count: number, i: number) => ((i + 0.5) / count) * 255;
  const picture = {
    width,
    height: 4,
    rgb: new Uint8Array(3 * width * 4).map((_, i) => ramp(width, (i / 3 | 0) % width)),
  };
  const resized = await resizePicture(picture, { width: 64, height: 4 });
  for (let x = 2; x < 62; x++) assert.ok(Math.abs(resized.rgb[3 * x]! - ramp(64, x)) <= 1.5, `column ${x}`);
});

Deno.test("resizePicture() averages what is finer than the result's pixels", async () => {
  const picture = { width: 128, height: 128, rgb: new Uint8Array(3 * 128 * 128) };
  for (let i = 0; i < 128 * 128; i++) if ((i + (i >> 7)) % 2 === 0) picture.rgb.fill(255, 3 * i, 3 * i + 3);
  const resized = await resizePicture(picture, { width: 16, height: 16 });
  for (const value of resized.rgb) assert.ok(Math.abs(value - 128) <= 3, String(value));
});

Deno.test("resizePicture() scales alpha beside the colours", async () => {
  const alpha = new Uint8Array(64 * 64).map((_, i) => i % 64 < 32 ? 255 : 0);
  const picture = { width: 64, height: 64, rgb: new Uint8Array(3 * 64 * 64).fill(90), alpha };
  const resized = await resizePicture(picture, { width: 16, height: 8 });
  assert.deepEqual(resized.rgb, new Uint8Array(3 * 16 * 8).fill(90));
  assert.equal(resized.alpha!.length, 16 * 8);
  assert.deepEqual([resized.alpha![0], resized.alpha![15]], [255, 0]);
});
