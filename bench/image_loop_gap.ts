/**
 * The longest time that decoding, resizing or encoding a picture holds the event loop.
 *
 *     deno run --allow-ffi --allow-read --allow-env bench/image_loop_gap.ts [side]
 *
 * Prints, for each operation, milliseconds in all and the longest gap between two turns of the event loop meanwhile. An idle
 * loop shows gaps of 2 to 4 ms: that is the timer's resolution.
 *
 * @module
 */
import type { Picture } from "../engine/picture.ts";
import { decodePicture } from "../images/decode.ts";
import { encodePicture } from "../images/encode.ts";
import { resizePicture } from "../images/resize.ts";

const RUNS = 7;
const LIMITS = { maxBytes: 2 ** 30, maxPixels: 2 ** 30 };

/** Sine waves and noise: compresses about as badly as a painting. */
function testPicture(side: number): Picture {
  let state = 1;
  const rgb = new Uint8Array(3 * side * side).map((_, i) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return 128 + 90 * Math.sin(i / 3000) + (state >>> 27);
  });
  return { width: side, height: side, rgb };
}

async function measure<T>(name: string, run: () => Promise<T>): Promise<T> {
  let longest = 0;
  let least = Infinity;
  let result = await run();
  for (let i = 0; i < RUNS; i++) {
    let last = performance.now();
    let running = true;
    const watch = async () => {
      while (running) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }
    };
    const watched = watch();
    const start = performance.now();
    result = await run();
    least = Math.min(least, performance.now() - start);
    running = false;
    await watched;
  }
  console.log(
    `${name.padEnd(28)} ${least.toFixed(1).padStart(8)} ms   longest gap ${longest.toFixed(1).padStart(5)} ms`,
  );
  return result;
}

const side = Number(Deno.args[0] ?? 2048);
const picture = testPicture(side);
await measure("idle", () => new Promise((resolve) => setTimeout(resolve, 100)));
const jpeg = await measure(`encode JPEG ${side}²`, () => encodePicture(picture, { format: "JPEG" }));
await measure(`encode JPEG ${side}² to 512²`, () => encodePicture(picture, { format: "JPEG", maxSize: 512 }));
const png = await measure(`encode PNG ${side}²`, () => encodePicture(picture, { format: "PNG" }));
await measure(`decode JPEG ${side}²`, () => decodePicture(jpeg, LIMITS));
await measure(`decode PNG ${side}²`, () => decodePicture(png, LIMITS));
await measure(`resize ${side}² to 512²`, () => resizePicture(picture, { width: 512, height: 512 }));
await measure(`resize 512² to ${side}²`, async () => {
  const small = { width: 512, height: 512, rgb: picture.rgb.subarray(0, 3 * 512 * 512) };
  return await resizePicture(small, { width: side, height: side });
});
