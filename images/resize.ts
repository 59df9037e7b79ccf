import type { Picture, Size } from "../engine/picture.ts";
import { kernelFor, ownBytes, sharp } from "./sharp.ts";

/**
 * Scales a picture to exactly `size`, by Lanczos' filter with three lobes, its alpha by one without a ring; the aspect ratio is the caller's business.
 * Colours are scaled without regard to alpha: they have to go on where the picture is transparent. Works off the event loop. The picture itself is returned where it has this size already.
 *
 * @param size In pixels, both sides at least 1.
 */
export async function resizePicture(picture: Picture, size: Size): Promise<Picture> {
  const { width, height, rgb, alpha } = picture;
  if (width === size.width && height === size.height) return picture;
  const resized = { width: size.width, height: size.height, rgb: await resizePlane(rgb, picture, 3, size) };
  return alpha ? { ...resized, alpha: await resizePlane(alpha, picture, 1, size) } : resized;
}

async function resizePlane(values: Uint8Array, { width, height }: Size, channels: 1 | 3, size: Size) {
  const data = await sharp(values, { raw: { width, height, channels } })
    .resize({
      width: size.width,
      height: size.height,
      fit: "fill",
      kernel: kernelFor(channels === 1),
      fastShrinkOnLoad: false,
    })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw({ depth: "uchar" })
    .toBuffer();
  return ownBytes(data);
}
