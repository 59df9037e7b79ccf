import assert from "node:assert/strict";
import type { Picture } from "../engine/picture.ts";
import { decodePicture, inspectImage } from "./decode.ts";
import { rawRgb, sharp } from "./sharp.ts";
import { fixture } from "./testing/fixtures.ts";

const LIMITS = { maxBytes: 1_000_000, maxPixels: 1_000_000 };

type Colour = readonly [number, number, number];
const WHITE: Colour = [255, 255, 255];
const BLACK: Colour = [0, 0, 0];
const BLOCKS: readonly Colour[] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 200, 40]];
const GREYS: readonly Colour[] = [BLACK, [85, 85, 85], [170, 170, 170], WHITE];

/** Compares the middles of the four quarters of a picture: upper left, upper right, lower left, lower right. */
function assertQuarters(picture: Picture, expected: readonly Colour[], tolerance: number): void {
  assert.equal(picture.rgb.length, 3 * picture.width * picture.height);
  expected.forEach((colour, i) => {
    const x = Math.floor(picture.width * (i % 2 === 0 ? 0.25 : 0.75));
    const y = Math.floor(picture.height * (i < 2 ? 0.25 : 0.75));
    const at = 3 * (y * picture.width + x);
    const found = [...picture.rgb.subarray(at, at + 3)];
    const worst = Math.max(...found.map((value, channel) => Math.abs(value - colour[channel]!)));
    assert.ok(worst <= tolerance, `quarter ${i}: found ${found}, wanted ${colour} within ${tolerance}`);
  });
}

interface Case {
  readonly name: string;
  readonly mimeType: string;
  readonly expected: readonly Colour[];
  readonly tolerance: number;
}

/** Half transparent over white, then wholly transparent. */
const OVER_WHITE: readonly Colour[] = [[255, 127, 127], WHITE, [127, 127, 255], WHITE];
const OVER_WHITE_GREY: readonly Colour[] = [[127, 127, 127], WHITE, [212, 212, 212], WHITE];
// libvips converts through its own press profile, so ink-like colours come out: far from the RGB that went in.
const PRESS: readonly Colour[] = [[232, 0, 0], [0, 141, 45], [32, 6, 117], [197, 172, 53]];
const BITS: readonly Colour[] = [BLACK, WHITE, WHITE, BLACK];
/** Colours that the profiles of the fixtures have, and sRGB too. */
const MUTED: readonly Colour[] = [[200, 40, 30], [60, 180, 80], [50, 70, 190], [210, 190, 60]];

const CASES: readonly Case[] = [
  { name: "rgb.png", mimeType: "image/png", expected: BLOCKS, tolerance: 0 },
  { name: "rgb.jpg", mimeType: "image/jpeg", expected: BLOCKS, tolerance: 3 },
  { name: "rgb.webp", mimeType: "image/webp", expected: BLOCKS, tolerance: 0 },
  { name: "rgb.tif", mimeType: "image/tiff", expected: BLOCKS, tolerance: 0 },
  { name: "rgb_lzw.tif", mimeType: "image/tiff", expected: BLOCKS, tolerance: 0 },
  { name: "rgb_jpeg.tif", mimeType: "image/tiff", expected: BLOCKS, tolerance: 3 },
  { name: "palette.png", mimeType: "image/png", expected: BLOCKS, tolerance: 0 },
  { name: "palette.gif", mimeType: "image/gif", expected: BLOCKS, tolerance: 0 },
  { name: "palette.tif", mimeType: "image/tiff", expected: BLOCKS, tolerance: 0 },
  { name: "grey.png", mimeType: "image/png", expected: GREYS, tolerance: 0 },
  { name: "grey.jpg", mimeType: "image/jpeg", expected: GREYS, tolerance: 2 },
  { name: "grey16.png", mimeType: "image/png", expected: GREYS, tolerance: 0 },
  { name: "grey16.tif", mimeType: "image/tiff", expected: GREYS, tolerance: 0 },
  { name: "bit.png", mimeType: "image/png", expected: BITS, tolerance: 0 },
  { name: "bit_g4.tif", mimeType: "image/tiff", expected: BITS, tolerance: 0 },
  { name: "rgba.png", mimeType: "image/png", expected: OVER_WHITE, tolerance: 1 },
  { name: "rgba.tif", mimeType: "image/tiff", expected: OVER_WHITE, tolerance: 1 },
  { name: "rgba.webp", mimeType: "image/webp", expected: OVER_WHITE, tolerance: 1 },
  { name: "grey_alpha.png", mimeType: "image/png", expected: OVER_WHITE_GREY, tolerance: 1 },
  { name: "cmyk.jpg", mimeType: "image/jpeg", expected: PRESS, tolerance: 6 },
  { name: "cmyk.tif", mimeType: "image/tiff", expected: PRESS, tolerance: 6 },
  { name: "cmyk_profile.jpg", mimeType: "image/jpeg", expected: MUTED, tolerance: 1 },
  { name: "cmyk_profile.tif", mimeType: "image/tiff", expected: MUTED, tolerance: 1 },
  { name: "rgb16.tif", mimeType: "image/tiff", expected: BLOCKS, tolerance: 0 },
  { name: "srgb_profile8.png", mimeType: "image/png", expected: MUTED, tolerance: 0 },
  { name: "srgb_profile16.png", mimeType: "image/png", expected: MUTED, tolerance: 1 },
  { name: "wide_profile8.png", mimeType: "image/png", expected: MUTED, tolerance: 1 },
  { name: "wide_profile16.png", mimeType: "image/png", expected: MUTED, tolerance: 1 },
  { name: "wide_profile8.tif", mimeType: "image/tiff", expected: MUTED, tolerance: 1 },
  { name: "wide_profile16.tif", mimeType: "image/tiff", expected: MUTED, tolerance: 1 },
  { name: "grey_profile8.png", mimeType: "image/png", expected: GREYS, tolerance: 1 },
  { name: "grey_profile16.png", mimeType: "image/png", expected: GREYS, tolerance: 1 },
  { name: "grey_profile8.tif", mimeType: "image/tiff", expected: GREYS, tolerance: 1 },
  { name: "grey_profile16.tif", mimeType: "image/tiff", expected: GREYS, tolerance: 1 },
  { name: "avif8.avif", mimeType: "image/avif", expected: MUTED, tolerance: 1 },
  { name: "avif10.avif", mimeType: "image/avif", expected: MUTED, tolerance: 1 },
  { name: "avif12.avif", mimeType: "image/avif", expected: MUTED, tolerance: 1 },
  { name: "no_end.jpg", mimeType: "image/jpeg", expected: BLOCKS, tolerance: 3 },
];

for (const { name, mimeType, expected, tolerance } of CASES) {
  Deno.test(`decodePicture() gives ${name} as 8-bit RGB`, async () => {
    const bytes = await fixture(name);
    assert.deepEqual(await inspectImage(bytes, LIMITS), { width: 16, height: 12, mimeType, frames: 1 });
    const picture = await decodePicture(bytes, LIMITS);
    assert.deepEqual([picture.width, picture.height], [16, 12]);
    assert.equal(Object.getPrototypeOf(picture.rgb), Uint8Array.prototype);
    assertQuarters(picture, expected, tolerance);
  });
}

for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
  for (const kind of ["png", "jpg"]) {
    Deno.test(`decodePicture() turns EXIF orientation ${orientation} of a ${kind} upright, at any size`, async () => {
      const bytes = await fixture(`orientation_${orientation}.${kind}`);
      const { width, height } = await inspectImage(bytes, LIMITS);
      assert.deepEqual([width, height], [16, 12]);
      for (const longest of [undefined, 16, 8]) {
        const picture = await decodePicture(bytes, LIMITS, longest === undefined ? {} : { longest });
        assert.deepEqual([picture.width, picture.height], longest === 8 ? [8, 6] : [16, 12]);
        // Shrunk, the blocks run into each other.
        assertQuarters(picture, BLOCKS, longest === 8 ? 24 : kind === "png" ? 0 : 3);
      }
    });
  }
}

for (const format of ["jpeg", "webp", "tiff"] as const) {
  Deno.test(`decodePicture() reads EXIF orientation from ${format}`, async () => {
    const upright = await fixture("rgb.png");
    const bytes = await sharp(upright).rotate(-90).withMetadata({ orientation: 6 })
      .toFormat(format, { quality: 100 }).toBuffer();
    const info = await inspectImage(bytes, LIMITS);
    assert.deepEqual([info.width, info.height], [16, 12]);
    assertQuarters(await decodePicture(bytes, LIMITS), BLOCKS, format === "tiff" ? 4 : 40);
  });
}

for (const name of ["animated.gif", "animated.webp", "animated.png", "animated.avif", "pages.tif"]) {
  Deno.test(`decodePicture() takes the first of several in ${name}, and inspectImage() counts them`, async () => {
    const bytes = await fixture(name);
    const info = await inspectImage(bytes, LIMITS);
    assert.deepEqual([info.width, info.height, info.frames], [16, 12, 2]);
    const picture = await decodePicture(bytes, LIMITS);
    assert.deepEqual([picture.width, picture.height], [16, 12]);
    assertQuarters(picture, [BLOCKS[0]!, BLOCKS[0]!, BLOCKS[0]!, BLOCKS[0]!], name.endsWith("avif") ? 3 : 0);
  });
}

Deno.test("decodePicture() reads AVIF", async () => {
  const bytes = await sharp(await fixture("rgb.png")).avif({ lossless: true }).toBuffer();
  assert.equal((await inspectImage(bytes, LIMITS)).mimeType, "image/avif");
  assertQuarters(await decodePicture(bytes, LIMITS), BLOCKS, 3);
});

Deno.test("decodePicture() reads RGB of 16 bits with an alpha channel", async () => {
  const values = new Uint16Array(4 * 8 * 8).map((_, i) => [65535, 32896, 0, 32896][i % 4]!);
  const bytes = await sharp(values, { raw: { width: 8, height: 8, channels: 4 } }).toColourspace("rgb16").png()
    .toBuffer();
  assert.equal(bytes[24], 16, "the fixture itself has 16 bits");
  const expected: Colour = [255, 191, 127];
  assertQuarters(await decodePicture(bytes, LIMITS), [expected, expected, expected, expected], 1);
});

Deno.test("decodePicture() converts an embedded ICC profile to sRGB", async () => {
  // A green that sRGB and Display P3 both have: the numbers differ, the colour that is meant does not.
  const picture = new Uint8Array(3 * 16 * 16).map((_, i) => [90, 170, 100][i % 3]!);
  const bytes = await sharp(picture, rawRgb(16, 16)).withIccProfile("p3").png().toBuffer();
  const stored = await sharp(bytes).pipelineColourspace("srgb").keepIccProfile().raw().toBuffer();
  assert.ok(Math.abs(stored[0]! - 90) > 10, `the fixture itself differs: ${stored.subarray(0, 3)}`);
  const expected: Colour = [90, 170, 100];
  assertQuarters(await decodePicture(bytes, LIMITS), [expected, expected, expected, expected], 2);
});

Deno.test("decodePicture() takes 1×1 pictures and extreme aspect ratios", async () => {
  for (const [width, height] of [[1, 1], [20_000, 1], [1, 20_000], [5000, 2]] as const) {
    const rgb = new Uint8Array(3 * width * height).map((_, i) => (i * 7) & 255);
    const bytes = await sharp(rgb, rawRgb(width, height)).png().toBuffer();
    assert.deepEqual(await inspectImage(bytes, LIMITS), { width, height, mimeType: "image/png", frames: 1 });
    assert.deepEqual(await decodePicture(bytes, LIMITS), { width, height, rgb });
  }
});

Deno.test("decodePicture() takes bytes that are a view into a larger buffer", async () => {
  const bytes = await fixture("rgb.png");
  const larger = new Uint8Array(bytes.length + 20);
  larger.set(bytes, 7);
  assertQuarters(await decodePicture(larger.subarray(7, 7 + bytes.length), LIMITS), BLOCKS, 0);
});

Deno.test("decodePicture() keeps alpha apart from the colours where it is asked to", async () => {
  const [opaque, half, none] = [255, 128, 0];
  for (const name of ["rgba.png", "rgba.tif", "rgba.webp", "grey_alpha.png"]) {
    const { rgb, alpha } = await decodePicture(await fixture(name), LIMITS, { transparency: "KEEP" });
    assert.deepEqual([alpha?.length, alpha?.[0], alpha?.[15]], [16 * 12, half, none], name);
    if (name !== "grey_alpha.png") assert.deepEqual([...rgb.subarray(0, 3)], [255, 0, 0], name);
  }
  const { alpha } = await decodePicture(await fixture("rgb.png"), LIMITS, { transparency: "KEEP" });
  assert.equal(alpha, undefined, `a picture that is ${opaque} everywhere has none`);
});

Deno.test("decodePicture() shrinks while it reads, edges of what is transparent without its colour", async () => {
  // Red, then a green that nobody sees.
  const values = new Uint8Array(4 * 64 * 64).map((_, i) =>
    [...(i % 256 < 128 ? [255, 0, 0, 255] : [0, 255, 0, 0])][i % 4]!
  );
  const bytes = await sharp(values, { raw: { width: 64, height: 64, channels: 4 } }).png().toBuffer();
  const { width, height, rgb, alpha } = await decodePicture(bytes, LIMITS, { longest: 24, transparency: "KEEP" });
  assert.deepEqual([width, height], [24, 24]);
  // Nor is there a faint ring beyond the edge.
  assert.deepEqual([...alpha!.subarray(0, 10), ...alpha!.subarray(14, 24)], [
    ...Array(10).fill(255),
    ...Array(10).fill(0),
  ]);
  for (let x = 0; x < width; x++) {
    if (alpha![x]! > 8) assert.ok(rgb[3 * x]! > 230 && rgb[3 * x + 1]! < 25, `column ${x}`);
  }
});

Deno.test("decodePicture() takes a whole JPEG without its end, and none that lacks more", async () => {
  const noise = new Uint8Array(3 * 64 * 64).map((_, i) => (i * 7919) % 251);
  const whole = await sharp(noise, rawRgb(64, 64)).jpeg({ quality: 90 }).toBuffer();
  const expected = await decodePicture(whole, LIMITS);
  for (const lost of [1, 2]) assert.deepEqual(await decodePicture(whole.subarray(0, -lost), LIMITS), expected);
  for (const share of [0.3, 0.6, 0.8]) {
    const cut = whole.subarray(0, Math.floor(share * whole.length));
    await assert.rejects(decodePicture(cut, LIMITS), /broken or missing data/);
  }
});

Deno.test("decodePicture() lets a small picture past large ones that came before it", async () => {
  const large = await sharp({ create: { width: 3000, height: 2400, channels: 3, background: "#c83214" } }).png()
    .toBuffer();
  const small = await fixture("rgb.png");
  const order: string[] = [];
  const decode = async (name: string, bytes: Uint8Array) => {
    await decodePicture(bytes, { maxBytes: 1e7, maxPixels: 1e7 }, { longest: 16 });
    order.push(name);
  };
  await Promise.all([...Array.from({ length: 4 }, () => decode("large", large)), decode("small", small)]);
  assert.equal(order.length, 5);
  assert.ok(order.indexOf("small") < 4, order.join());
});
