import assert from "node:assert/strict";
import { fromFine, type Picture, toPicture } from "../engine/picture.ts";
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
    await assert.rejects(run(), { code: "BAD_USER_INPUT", field });
  }
  assert.equal(recogniseFormat(await encodePicture(wide, { format: "PNG" })), "PNG");
});

/** Red, half transparent in the middle columns and not there at all on the right, where its colour is green. */
function fading(): Picture {
  const [width, height] = [24, 8];
  const rgb = new Uint8Array(3 * width * height);
  const alpha = new Uint8Array(width * height);
  for (let i = 0; i < width * height; i++) {
    const x = i % width;
    rgb.set(x < 16 ? [255, 0, 0] : [0, 255, 0], 3 * i);
    alpha[i] = x < 8 ? 255 : x < 16 ? 128 : 0;
  }
  return { width, height, rgb, alpha };
}

Deno.test("encodePicture() keeps alpha in PNG and WebP, and lays JPEG over white", async () => {
  const picture = fading();
  const png = await decodePicture(await encodePicture(picture, { format: "PNG" }), LIMITS, { transparency: "KEEP" });
  assert.deepEqual(png, picture);
  const file = await encodePicture(picture, { format: "WEBP", quality: 90 });
  assert.equal(recogniseFormat(file), "WebP");
  const webp = await decodePicture(file, LIMITS, { transparency: "KEEP" });
  assert.deepEqual(webp.alpha, picture.alpha);
  assert.ok(webp.rgb[0]! > 240 && webp.rgb[3 * 12]! > 240);
  const jpeg = await decodePicture(await encodePicture(picture, { format: "JPEG", quality: 95 }), LIMITS);
  const at = (x: number) => [...jpeg.rgb.subarray(3 * (4 * 24 + x), 3 * (4 * 24 + x) + 3)];
  for (const [x, wanted] of [[3, [255, 0, 0]], [12, [255, 127, 127]], [21, [255, 255, 255]]] as const) {
    at(x).forEach((value, c) => assert.ok(Math.abs(value - wanted[c]!) < 12, `column ${x}: ${at(x)}`));
  }
});

Deno.test("encodePicture() keeps alpha in AVIF closely, and in TIFF without loss, as it keeps colours", async () => {
  for (const picture of [fading(), smoothPicture(61, 47), smoothPicture(1, 1)]) {
    const decode = async (format: "AVIF" | "TIFF") => {
      const file = await encodePicture(picture, { format, quality: 95 });
      assert.equal(recogniseFormat(file), format);
      return await decodePicture(file, LIMITS, { transparency: "KEEP" });
    };
    assert.deepEqual(await decode("TIFF"), picture);
    const avif = await decode("AVIF");
    assert.deepEqual([avif.width, avif.height, avif.alpha !== undefined], [
      picture.width,
      picture.height,
      picture.alpha !== undefined,
    ]);
    avif.alpha?.forEach((value, i) => assert.ok(Math.abs(value - picture.alpha![i]!) < 12, `alpha ${i}: ${value}`));
    const seen = (i: number) => picture.alpha === undefined || picture.alpha[Math.floor(i / 3)] === 255;
    const worst = Math.max(...avif.rgb.map((value, i) => seen(i) ? Math.abs(value - picture.rgb[i]!) : 0));
    assert.ok(worst < 24, `${picture.width}×${picture.height}: ${worst}`);
  }
});

Deno.test("encodePicture() writes PNG and TIFF of 16 bits without loss, as sRGB, and they are read so where that is asked", async () => {
  const size = { width: 40, height: 30 };
  const values = Float32Array.from({ length: 3600 }, (_, i) => (i * 0.37) % 254.9);
  const opaque = toPicture(values, size, true);
  const fading = { ...opaque, alpha: Uint8Array.from({ length: 1200 }, (_, i) => i % 256) };
  for (const format of ["PNG", "TIFF"] as const) {
    for (const picture of [opaque, fading]) {
      const file = await encodePicture(picture, { format, bits: 16, recipe: "{}" });
      assert.equal(recogniseFormat(file), format);
      if (format === "PNG") {
        assert.equal(file[24], 16, "bits of a channel");
        assert.ok(new TextDecoder("latin1").decode(file.subarray(0, 100)).includes("sRGB"));
      }
      const read = await decodePicture(file, LIMITS, { transparency: "KEEP", fine: true });
      assert.deepEqual(read, { ...picture, rgb: fromFine(picture.rgb16!) });
      assert.ok(new Set(read.rgb16).size > 256);
      const plain = await decodePicture(file, LIMITS, { transparency: "KEEP" });
      assert.ok(plain.rgb16 === undefined && largestDifference(plain, picture) <= 1);
    }
  }
  const { rgb16: _, ...known } = opaque;
  const spread = await encodePicture(known, { format: "PNG", bits: 16, maxSize: 400 });
  const read = await decodePicture(spread, LIMITS, { fine: true });
  assert.deepEqual([read.rgb, spread[24]], [known.rgb, 16]);
  const small = await encodePicture(opaque, { format: "PNG", bits: 16, maxSize: 20 });
  assert.equal((await decodePicture(small, LIMITS, { fine: true })).rgb16!.length, 20 * 15 * 3);
  const coarse = await decodePicture(await encodePicture(known, { format: "PNG" }), LIMITS, { fine: true });
  assert.deepEqual(coarse, known, "8 bits are 8 bits");
});

Deno.test("encodePicture() gives each pixel its own colour in JPEG and AVIF", async () => {
  for (const format of ["JPEG", "AVIF"] as const) {
    const rgb = Uint8Array.from(
      { length: 3 * 32 * 32 },
      (_, i) => (Math.floor(i / 3) % 2 ? [0, 0, 255] : [255, 0, 0])[i % 3]!,
    );
    const file = await encodePicture({ width: 32, height: 32, rgb }, { format, quality: 100 });
    const [red, , , , , blue] = (await decodePicture(file, LIMITS)).rgb.subarray(3 * 32 * 16);
    assert.ok(red! > 200 && blue! > 200, `${format}: ${red} ${blue}`);
  }
});

Deno.test("encodePicture() scales what is transparent without its colour coming through", async () => {
  for (const format of ["PNG", "WEBP"] as const) {
    const encoded = await encodePicture(fading(), { format, maxSize: 9, quality: 100 });
    const { rgb, alpha } = await decodePicture(encoded, LIMITS, { transparency: "KEEP" });
    alpha!.forEach((opacity, i) => {
      if (opacity > 16) assert.ok(rgb[3 * i + 1]! < 48, `${format} pixel ${i}: ${rgb.subarray(3 * i, 3 * i + 3)}`);
    });
  }
});
