import type { Picture, Size } from "../engine/picture.ts";
import { ownBytes, rawRgb, sharp } from "./sharp.ts";

/**
 * Scales a picture to exactly `size`, by Lanczos' filter with three lobes; the aspect ratio is the caller's business.
 * Works off the event loop. The picture itself is returned where it has this size already.
 *
 * @param size In pixels, both sides at least 1.
 */
export async function resizePicture(picture: Picture, size: Size): Promise<Picture> {
  if (picture.width === size.width && picture.height === size.height) return picture;
  const data = await sharp(picture.rgb, rawRgb(picture.width, picture.height))
    .resize({ width: size.width, height: size.height, fit: "fill", kernel: "lanczos3", fastShrinkOnLoad: false })
    .raw({ depth: "uchar" })
    .toBuffer();
  return { width: size.width, height: size.height, rgb: ownBytes(data) };
}
