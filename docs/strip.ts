/**
 * Puts pictures side by side, all of one height, as the pages of this folder show them.
 *
 *     deno run --allow-read --allow-write --allow-env --allow-ffi --allow-sys=cpus docs/strip.ts OUT.jpg HEIGHT PICTURE…
 *
 * @module
 */
import { decodePicture } from "../images/decode.ts";
import { encodePicture } from "../images/encode.ts";
import { resizePicture } from "../images/resize.ts";

const GAP = 6;
const LIMITS = { maxBytes: 1e8, maxPixels: 1e8 };

const [out, heightText, ...paths] = Deno.args;
const height = Number(heightText);
if (!out || !(height > 0) || paths.length === 0) {
  console.error("Cannot make a strip: wanted OUT.jpg HEIGHT PICTURE…");
  Deno.exit(1);
}
const pictures = await Promise.all(paths.map(async (path) => {
  const picture = await decodePicture(await Deno.readFile(path), LIMITS);
  return await resizePicture(picture, { width: Math.round((picture.width * height) / picture.height), height });
}));
const width = pictures.reduce((sum, picture) => sum + picture.width + GAP, -GAP);
const rgb = new Uint8Array(3 * width * height).fill(255);
let left = 0;
for (const picture of pictures) {
  for (let y = 0; y < height; y++) {
    rgb.set(picture.rgb.subarray(3 * y * picture.width, 3 * (y + 1) * picture.width), 3 * (y * width + left));
  }
  left += picture.width + GAP;
}
await Deno.writeFile(out, await encodePicture({ width, height, rgb }, { format: "JPEG", quality: 82 }));
