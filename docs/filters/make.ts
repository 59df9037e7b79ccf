/**
 * Draws what docs/filters.md shows of how the filters are learned: the training pictures, and the filters of conv1_1.
 *
 *     deno run --allow-read --allow-write=docs --allow-env --allow-ffi --allow-sys=cpus docs/filters/make.ts
 *
 * @module
 */
import { CONV_LAYERS } from "../../engine/vgg16.ts";
import type { Picture } from "../../engine/picture.ts";
import { encodePicture } from "../../images/encode.ts";
import { trainingPicture } from "../../weights/learn/pictures.ts";
import { loadBuiltinWeights } from "../../weights/builtin.ts";

const GAP = 4;
const SEED = 1;
/** A weight's pixels, and the picture's size before it is enlarged. */
const ZOOM = 12;

const pictures = Array.from({ length: 16 }, (_, index) => trainingPicture(SEED, index, 96));
await write("training.jpg", sheet(pictures, 8));

const { parameters } = await loadBuiltinWeights();
const filters = CONV_LAYERS[0]!.outChannels;
await write("conv1_1.png", sheet(Array.from({ length: filters }, (_, filter) => drawFilter(filter)), 16));

/** A filter as a patch of colour: its weights around grey, the largest at the end of the scale. */
function drawFilter(filter: number): Picture {
  const { kernel } = parameters.convs.get("conv1_1")!;
  const weight = (tap: number, channel: number) => kernel[(tap * 3 + channel) * filters + filter]!;
  let largest = 1e-9;
  for (let i = filter; i < kernel.length; i += filters) largest = Math.max(largest, Math.abs(kernel[i]!));
  const side = 3 * ZOOM;
  const rgb = new Uint8Array(3 * side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const tap = 3 * Math.floor(y / ZOOM) + Math.floor(x / ZOOM);
      // The network's channels are blue, green, red.
      for (let c = 0; c < 3; c++) rgb[3 * (y * side + x) + c] = 128 + 127 * weight(tap, 2 - c) / largest;
    }
  }
  return { width: side, height: side, rgb };
}

/** Pictures of one size in rows. */
function sheet(tiles: readonly Picture[], columns: number): Picture {
  const { width: w, height: h } = tiles[0]!;
  const rows = Math.ceil(tiles.length / columns);
  const [width, height] = [columns * (w + GAP) - GAP, rows * (h + GAP) - GAP];
  const rgb = new Uint8Array(3 * width * height).fill(255);
  for (const [i, tile] of tiles.entries()) {
    const left = (i % columns) * (w + GAP);
    const top = Math.floor(i / columns) * (h + GAP);
    for (let y = 0; y < h; y++) {
      rgb.set(tile.rgb.subarray(3 * y * w, 3 * (y + 1) * w), 3 * ((top + y) * width + left));
    }
  }
  return { width, height, rgb };
}

async function write(name: string, picture: Picture): Promise<void> {
  const format = name.endsWith(".png") ? { format: "PNG" } as const : { format: "JPEG", quality: 80 } as const;
  await Deno.writeFile(new URL(name, import.meta.url), await encodePicture(picture, format));
}
