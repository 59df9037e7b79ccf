import { maskFrom } from "../../../engine/objective/masks.ts";
import type { Size } from "../../../engine/picture.ts";
import type { MaskRaster, Rect } from "./raster.ts";

/** What is painted looks like this on the picture: stripes of two colours, so that they are seen on any. */
const PAINT = [[226, 44, 24], [255, 176, 148]] as const;
const OPACITY = 0.58;
/** Widths of a stripe that go into the longest side. */
const STRIPES = 64;

/** Shows a part of a mask on a canvas of its size. */
export function showPart(pen: CanvasRenderingContext2D, mask: MaskRaster, { left, top, right, bottom }: Rect): void {
  const image = pen.createImageData(right - left, bottom - top);
  const stripe = Math.max(mask.width, mask.height) / STRIPES;
  let to = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++, to += 4) {
      const [red, green, blue] = PAINT[(x + y) % (4 * stripe) < 3 * stripe ? 0 : 1];
      image.data[to] = red;
      image.data[to + 1] = green;
      image.data[to + 2] = blue;
      image.data[to + 3] = OPACITY * mask.values[y * mask.width + x]!;
    }
  }
  pen.putImageData(image, left, top);
}

/** A mask as the API takes it: white where it counts, black where it does not, grey between. */
export async function asPng({ width, height, values }: MaskRaster): Promise<File> {
  const canvas = new OffscreenCanvas(width, height);
  const image = new ImageData(width, height);
  values.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  const png = await canvas.convertToBlob({ type: "image/png" });
  return new File([png], "mask.png", { type: png.type });
}

/** How much each pixel of a mask at an address counts, 0 to 255, scaled to a size. @throws {Error} When it cannot be read. */
export async function readMask(url: string, { width, height }: Size): Promise<Uint8Array> {
  const picture = new Image();
  picture.src = url;
  try {
    await picture.decode();
  } catch {
    throw new Error("The mask cannot be read");
  }
  const pen = new OffscreenCanvas(width, height).getContext("2d")!;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, width, height);
  const { data } = pen.getImageData(0, 0, width, height);
  const rgb = data.filter((_, i) => i % 4 !== 3);
  const alpha = data.filter((_, i) => i % 4 === 3);
  const seen = alpha.every((opacity) => opacity === 255) ? {} : { alpha: Uint8Array.from(alpha) };
  const { values } = maskFrom({ width, height, rgb: Uint8Array.from(rgb), ...seen });
  return Uint8Array.from(values, (value) => Math.round(255 * value));
}
