import assert from "node:assert/strict";
import type { Picture } from "../engine/picture.ts";
import { GramcastError } from "../errors.ts";
import { decodePicture } from "./decode.ts";
import { encodePicture, shownSize } from "./encode.ts";
import { recogniseFormat } from "./format.ts";

const LIMITS = { maxBytes: 10_000_000, maxPixels: 10_000_000 };

/** Smooth colours, so that JPEG keeps them closely. */
function smoothPicture(width: number, height: number): Picture {
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rgb[i++] = 128 + 100 * Math.sin(x / 17);
      rgb[i++] = 128 + 100 * Math.cos(y / 13);
      rgb[i++] = 128 + 60 * Math.sin((x + y) / 23);
    }
  }
  return { width, height, rgb };
}

function largestDifference(a: Picture, b: Picture): number {
  return a.rgb.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b.rgb[i]!)), 0);
}

Deno.test("encodePicture() writes PNG without loss", async () => {
  for (const [width, height] of [[1, 1], [61, 47], [300, 2], [1, 999]] as const) {
    const picture = smoothPicture(width, height);
    const bytes = await encodePicture(picture, { format: "PNG" });
    assert.equal(recogniseFormat(bytes), "PNG");
    assert.deepEqual(await decodePicture(bytes, LIMITS), picture);
  }
});

Deno.test("encodePicture() writes JPEG of any size close to the picture", async () => {
  for (const [width, height] of [[1, 1], [7, 9], [8, 8], [61, 47], [300, 2], [1, 999], [640, 480]] as const) {
    const picture = smoothPicture(width, height);
    const bytes = await encodePicture(picture, { format: "JPEG", quality: 95 });
    assert.equal(recogniseFormat(bytes), "JPEG");
    const decoded = await decodePicture(bytes, LIMITS);
    assert.deepEqual([decoded.width, decoded.height], [width, height]);
    assert.ok(largestDifference(decoded, picture) <= 8, `${width}×${height}: ${largestDifference(decoded, picture)}`);
  }
});

Deno.test("encodePicture() takes every quality from 1 to 100, and more quality is closer", async () => {
  const picture = smoothPicture(64, 64);
  const errors: number[] = [];
  for (const quality of [1, 20, 50, 85, 100]) {
    const decoded = await decodePicture(await encodePicture(picture, { format: "JPEG", quality }), LIMITS);
    errors.push(decoded.rgb.reduce((sum, value, i) => sum + (value - picture.rgb[i]!) ** 2, 0));
  }
  assert.deepEqual(errors, errors.toSorted((a, b) => b - a));
});

Deno.test("encodePicture() gives the same bytes for the same picture, alone or beside others", async () => {
  const picture = smoothPicture(200, 150);
  for (const format of ["JPEG", "PNG"] as const) {
    const first = await encodePicture(picture, { format, quality: 80, maxSize: 120 });
    const again = await Promise.all([1, 2, 3].map(() => encodePicture(picture, { format, quality: 80, maxSize: 120 })));
    for (const bytes of again) assert.deepEqual(bytes, first);
  }
});

Deno.test("encodePicture() uses quality 85 when none is given", async () => {
  const picture = smoothPicture(40, 40);
  assert.deepEqual(
    await encodePicture(picture, { format: "JPEG" }),
    await encodePicture(picture, { format: "JPEG", quality: 85 }),
  );
});

Deno.test("encodePicture() shrinks to maxSize, keeps the aspect ratio and never enlarges", async () => {
  const picture = smoothPicture(120, 80);
  for (const format of ["JPEG", "PNG"] as const) {
    for (const [maxSize, width, height] of [[60, 60, 40], [119, 119, 79], [120, 120, 80], [5000, 120, 80], [1, 1, 1]]) {
      const decoded = await decodePicture(await encodePicture(picture, { format, maxSize: maxSize! }), LIMITS);
      assert.deepEqual([decoded.width, decoded.height], [width, height]);
      assert.deepEqual(shownSize(picture, maxSize), { width, height });
    }
  }
});

Deno.test("encodePicture() refuses qualities, sizes and pictures that cannot be", async () => {
  const picture = smoothPicture(4, 4);
  const wide = { width: 65_536, height: 1, rgb: new Uint8Array(3 * 65_536) };
  const refused = [
    { run: () => encodePicture(picture, { format: "JPEG", quality: 0 }), field: "quality" },
    { run: () => encodePicture(picture, { format: "JPEG", quality: 101 }), field: "quality" },
    { run: () => encodePicture(picture, { format: "JPEG", quality: 80.5 }), field: "quality" },
    { run: () => encodePicture(picture, { format: "PNG", maxSize: 0 }), field: "maxSize" },
    { run: () => encodePicture(wide, { format: "JPEG" }), field: "format" },
  ];
  for (const { run, field } of refused) {
    await assert.rejects(run(), (error) => {
      assert.ok(error instanceof GramcastError);
      assert.deepEqual([error.code, error.field], ["BAD_USER_INPUT", field]);
      return true;
    });
  }
  assert.equal(recogniseFormat(await encodePicture(wide, { format: "PNG" })), "PNG");
});
