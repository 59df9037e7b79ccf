/**
 * The one place where sharp is imported and set up: no caches, one thread to a picture, and only those of libvips' loaders
 * that read formats this project accepts.
 *
 * @module
 */
import sharp from "sharp";

/** libvips' names of the loaders that stay; all others (SVG, PDF, Magick, OpenSlide, files by name, …) are blocked. */
const LOADERS = [
  "VipsForeignLoadJpegBuffer",
  "VipsForeignLoadPngBuffer",
  "VipsForeignLoadNsgifBuffer",
  "VipsForeignLoadTiffBuffer",
  "VipsForeignLoadWebpBuffer",
  "VipsForeignLoadHeifBuffer",
];

sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({ operation: LOADERS });
// Every picture is read once: a cache would only hold memory.
sharp.cache(false);
// The engine wants the cores; several pictures may still be worked on at once, one thread each.
sharp.concurrency(1);

export { sharp };

/**
 * The filter to scale with. Lanczos' is the sharpest, and lets what has alpha end in a faint ring two pixels outside of its
 * edge; Mitchell's has no lobe for that.
 */
export function kernelFor(hasAlpha: boolean): "lanczos3" | "mitchell" {
  return hasAlpha ? "mitchell" : "lanczos3";
}

/** How sharp is told about unencoded RGB. */
export function rawRgb(width: number, height: number): { raw: { width: number; height: number; channels: 3 } } {
  return { raw: { width, height, channels: 3 } };
}

/** The bytes of a Node buffer as a plain `Uint8Array` that owns all of its memory, copied only where it does not. */
export function ownBytes(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = buffer.byteOffset === 0 && buffer.byteLength === buffer.buffer.byteLength;
  return whole && buffer.buffer instanceof ArrayBuffer ? new Uint8Array(buffer.buffer) : new Uint8Array(buffer);
}
