import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { GramcastError } from "../errors.ts";
import { decodePicture, inspectImage, NO_LIMITS } from "./decode.ts";
import { encodeMoving, movingGif } from "./encode_moving.ts";
import { checkMoving, frameFile, inspectMoving, movingColors } from "./moving.ts";
import { rawRgb, sharp } from "./sharp.ts";
import { apngChunks, apngOf, pngOfChunks } from "./testing/apng.ts";
import { fixture } from "./testing/fixtures.ts";
import { readTiming, type Timing } from "./timing.ts";

const SIDE = 16;
const COLOURS = [[200, 30, 30], [30, 190, 40], [40, 50, 210]] as const;
const TIMING: Timing = { delays: [40, 250, 70], loops: 2 };

/** Pictures of one colour each, as PNG files. */
function stills(count: number, side = SIDE): Promise<Uint8Array[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => {
    const [red, green, blue] = COLOURS[i % 3]!;
    return sharp({ create: { width: side, height: side, channels: 3, background: { r: red, g: green, b: blue } } })
      .png().toBuffer();
  }));
}

async function gifOf(count: number, timing: { delay?: number | number[]; loop?: number }): Promise<Uint8Array> {
  return await sharp(await stills(count), { join: { animated: true } }).gif(timing).toBuffer();
}

/** The colours of all frames, each as the nearest of `COLOURS`. */
async function coloursOf(bytes: Uint8Array): Promise<number[]> {
  const { frames } = await inspectImage(bytes, NO_LIMITS);
  return await Promise.all(Array.from({ length: frames }, async (_, frame) => {
    const { width, height, rgb } = await decodePicture(bytes, NO_LIMITS, { frame });
    assert.deepEqual([width, height], [SIDE, SIDE]);
    return COLOURS.findIndex((colour) => colour.every((value, channel) => Math.abs(value - rgb[channel]!) < 12));
  }));
}

Deno.test("what is written as WebP and as GIF has its frames, their times and its loops", async () => {
  const webp = await encodeMoving(await stills(3), TIMING, null);
  const gif = await movingGif(webp);
  for (const [bytes, mimeType] of [[webp, "image/webp"], [gif, "image/gif"]] as const) {
    assert.deepEqual(await inspectImage(bytes, NO_LIMITS), { width: SIDE, height: SIDE, mimeType, frames: 3 });
    assert.deepEqual(await readTiming(bytes), TIMING);
    assert.deepEqual(await coloursOf(bytes), [0, 1, 2]);
  }
});

Deno.test("a moving picture that is transparent in places stays so", async () => {
  const halves = await Promise.all([90, 170].map((grey) => {
    const rgba = new Uint8Array(4 * SIDE * SIDE).map((_, i) => (i % 4 < 3 ? grey : i < 2 * SIDE * SIDE ? 255 : 0));
    return sharp(rgba, { raw: { width: SIDE, height: SIDE, channels: 4 } }).png().toBuffer();
  }));
  const webp = await encodeMoving(halves, { delays: [50, 50], loops: 0 }, null);
  for (const bytes of [webp, await movingGif(webp)]) {
    const { alpha } = await decodePicture(bytes, NO_LIMITS, { frame: 1, transparency: "KEEP" });
    assert.deepEqual([alpha?.[0], alpha?.at(-1)], [255, 0]);
  }
});

Deno.test("frames that are all alike become one, as WebP and as GIF", async () => {
  const [still] = await stills(1);
  const webp = await encodeMoving([still!, still!], { delays: [50, 50], loops: 0 }, null);
  for (const bytes of [webp, await movingGif(webp)]) assert.deepEqual(await coloursOf(bytes), [0]);
});

Deno.test("as GIF, times that are no hundredths of a second are as long in all", async () => {
  const delays = [33, 33, 33, 34, 33, 34];
  const gif = await movingGif(await encodeMoving(await stills(6), { delays, loops: 0 }, null));
  assert.deepEqual((await readTiming(gif))?.delays, [30, 40, 30, 30, 40, 30]);
});

Deno.test("times of an animated PNG are fractions of a second, 0 parts being hundredths", async () => {
  const frame = { width: 2, height: 2, colour: [1, 2, 3, 255] as const };
  const delays = ([[1, 30], [12, 0], [0, 7], [65_535, 1]] as const).map((delay) => ({ ...frame, delay }));
  assert.deepEqual(await readTiming(apngOf(delays, { loops: 2 ** 31 })), {
    delays: [33, 120, 100, 65_535],
    loops: 65_535,
  });
});

Deno.test("a time of nothing is what browsers make of it", async () => {
  assert.deepEqual((await readTiming(await gifOf(3, { delay: [0, 10, 20] })))?.delays, [100, 100, 20]);
  assert.equal((await readTiming(await gifOf(2, { loop: 1 })))?.loops, 1);
});

Deno.test("what has one frame, or pages, does not move", async () => {
  assert.equal(await readTiming(await fixture("palette.gif")), null);
  assert.equal(await readTiming(await fixture("rgb.png")), null);
  assert.equal(await inspectMoving(await fixture("rgb.jpg")), null);
  for (const [name, mimeType] of [["animated.avif", "image/avif"], ["pages.tif", "image/tiff"]] as const) {
    assert.equal(await readTiming(await fixture(name)), null);
    await assertRefused(
      inspectMoving(await fixture(name)),
      `found 2 pictures of ${mimeType}, wanted the frames of a GIF, WebP or PNG`,
    );
  }
});

async function assertRefused(refused: Promise<unknown>, message: string): Promise<void> {
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof GramcastError, String(error));
    assert.deepEqual([error.code, error.field], ["BAD_USER_INPUT", "moving"]);
    assert.equal(error.message, `Cannot paint every frame of the content: ${message}`);
    return true;
  });
}

Deno.test("too many frames, and too many pixels of all of them, are refused by their headers", async () => {
  const tiny = { width: 1, height: 1, colour: [1, 2, 3, 255] as const };
  await assertRefused(inspectMoving(apngOf(Array(301).fill(tiny))), "found 301 frames, wanted at most 300");
  assert.equal((await inspectMoving(apngOf(Array(300).fill(tiny))))?.delays.length, 300);
  // Sizes are said, and no pixels are there.
  const large = apngChunks([tiny, tiny]).map(([name, data], i) => {
    const bytes = data.slice();
    if (i === 0) new DataView(bytes.buffer).setUint32(0, 60_000);
    if (i === 0) new DataView(bytes.buffer).setUint32(4, 5000);
    if (i === 2) new DataView(bytes.buffer).setUint32(4, 60_000);
    if (i === 2) new DataView(bytes.buffer).setUint32(8, 5000);
    return [name, bytes] as const;
  });
  await assertRefused(
    inspectMoving(pngOfChunks(large)),
    "found 2 frames of 60000×5000 = 600000000 pixels, wanted at most 500000000",
  );
});

Deno.test("an animated PNG of 65,535 frames is given up, not read through", async () => {
  const chunks = apngChunks([{ width: 1, height: 1, colour: [1, 2, 3, 255] }], { count: 65_535 });
  const parts = Array<typeof chunks[number]>(10_000).fill(["tEXt", new Uint8Array(0)]);
  await assert.rejects(
    inspectImage(pngOfChunks(chunks.toSpliced(2, 0, ...parts)), NO_LIMITS),
    /^GramcastError: Cannot read image: found an animated PNG with more than 10000 parts, wanted a whole file$/,
  );
});

Deno.test("a GIF or WebP of thousands of frames is refused before it is looked through, whether it is to move or not", async () => {
  const letters = (text: string) => new TextEncoder().encode(text);
  const head = letters("GIF89a\x04\0\x04\0\0\0\0");
  const frame = Uint8Array.of(0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0);
  const chunk = letters("ANMF\x02\0\0\0ab");
  const gif = (count: number) => Buffer.concat([head, ...Array<Uint8Array>(count).fill(frame), Uint8Array.of(0x3b)]);
  const webp = (count: number) => Buffer.concat([letters("RIFF\0\0\0\0WEBP"), ...Array<Uint8Array>(count).fill(chunk)]);
  for (const [format, file] of [["GIF", gif(5001)], ["WebP", webp(5001)]] as const) {
    await assert.rejects(
      inspectImage(file, NO_LIMITS),
      (error) =>
        error instanceof GramcastError && error.code === "IMAGE_TOO_LARGE" &&
        error.message === `Cannot accept image: found a ${format} of more than 5000 frames, wanted at most as many`,
    );
  }
  assert.equal((await inspectImage(gif(5000), NO_LIMITS)).frames, 5000);
  await assert.rejects(inspectImage(webp(5000), NO_LIMITS), /broken header/);
});

Deno.test("damage in any frame of a GIF or WebP is found when it is read to its end", async () => {
  const noise = await Promise.all([1, 2, 3].map((seed) => {
    const rgb = new Uint8Array(3 * 32 * 32).map((_, i) => (i * 7919 * seed) % 251);
    return sharp(rgb, rawRgb(32, 32)).png().toBuffer();
  }));
  const webp = await encodeMoving(noise, TIMING, null);
  for (const whole of [webp, await movingGif(webp)]) {
    await checkMoving(whole);
    for (const share of [0.5, 0.8, 0.95]) {
      const cut = whole.subarray(0, Math.floor(share * whole.length));
      await assert.rejects(
        checkMoving(cut),
        (error) => error instanceof GramcastError && error.code === "IMAGE_UNREADABLE",
      );
    }
  }
});

Deno.test("damage in a frame of an animated PNG is found when it is read to its end, also where the last hides it", async () => {
  const chunks = apngChunks(
    ([[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]] as const).map((colour) => ({
      width: 2,
      height: 2,
      colour,
    })),
  );
  await checkMoving(pngOfChunks(chunks));
  const second = chunks.findIndex(([name]) => name === "fdAT");
  const damaged = chunks.with(second, ["fdAT", chunks[second]![1].slice().fill(0xff, 6)]);
  await assert.rejects(checkMoving(pngOfChunks(damaged)), /found a PNG of 2×2 with broken or missing data/);
});

Deno.test("a frame of a moving picture is a file of its own, no larger than it is wanted", async () => {
  const webp = await encodeMoving(await stills(3), TIMING, null);
  const file = await frameFile(webp, 1, 8);
  assert.deepEqual(await inspectImage(file, NO_LIMITS), { width: 8, height: 8, mimeType: "image/png", frames: 1 });
  const { rgb } = await decodePicture(file, NO_LIMITS);
  assert.ok(rgb[1]! > 170 && rgb[0]! < 50, rgb.subarray(0, 3).join());
});

Deno.test("frames from the first to the last stand for the colours of all, with their alpha", async () => {
  const colours = Array.from({ length: 20 }, (_, i) => [10 * i, 5, 5, i === 19 ? 0 : 255] as const);
  const bytes = apngOf(colours.map((colour) => ({ width: SIDE, height: SIDE, colour })));
  const strip = async (frames: number) =>
    await decodePicture(await movingColors(bytes, frames), NO_LIMITS, { transparency: "KEEP" });
  const { width, height, rgb, alpha } = await strip(20);
  assert.deepEqual([width, height], [SIDE, 8 * SIDE]);
  const rows = Array.from({ length: 8 }, (_, i) => i * SIDE ** 2);
  assert.deepEqual(rows.slice(0, 7).map((at) => rgb[3 * at]), [0, 30, 50, 80, 110, 140, 160]);
  assert.deepEqual(rows.map((at) => alpha![at]), [...Array(7).fill(255), 0]);
  assert.equal((await strip(2)).height, 2 * SIDE);
});
