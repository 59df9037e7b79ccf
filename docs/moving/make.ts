/**
 * Makes the content of docs/moving.md: a pan over a sample, 12 frames of 192×144.
 *
 *     deno run --allow-read --allow-write=docs/moving --allow-env --allow-ffi --allow-sys=cpus docs/moving/make.ts
 *
 * @module
 */
import { decodePicture, NO_LIMITS } from "../../images/decode.ts";
import { encodePicture } from "../../images/encode.ts";
import { encodeMoving } from "../../images/encode_moving.ts";
import { readSample } from "../../samples/samples.ts";

const FRAMES = 12;
const WIDTH = 192;
const HEIGHT = 144;
/** Pixels from one frame to the next. */
const SHIFT = 2;
/** Milliseconds for which each is shown. */
const DELAY = 100;

const wide = WIDTH + (FRAMES - 1) * SHIFT;
const lake = await decodePicture(await readSample("mountain-lake"), NO_LIMITS, { longest: HEIGHT * 1.5 });
if (lake.width < wide || lake.height !== HEIGHT) throw new Error(`found ${lake.width}×${lake.height}, wanted more`);

function frame(left: number): Promise<Uint8Array> {
  const rgb = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    const from = 3 * (y * lake.width + left);
    rgb.set(lake.rgb.subarray(from, from + 3 * WIDTH), 3 * y * WIDTH);
  }
  return encodePicture({ width: WIDTH, height: HEIGHT, rgb }, { format: "PNG" });
}

const frames = await Promise.all(Array.from({ length: FRAMES }, (_, i) => frame(i * SHIFT)));
const timing = { delays: Array<number>(FRAMES).fill(DELAY), loops: 0 };
await Deno.writeFile(new URL("lake.webp", import.meta.url), await encodeMoving(frames, timing, null));
