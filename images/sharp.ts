/**
 * The one place where sharp is imported and set up: no caches, one thread to a picture, and none of libvips' loaders but
 * those that read formats this project accepts.
 *
 * @module
 */
import sharp, { type OverlayOptions, type Sharp } from "sharp";

/** The formats that are read, by libvips' names. */
const READ = ["Heif", "Jpeg", "Nsgif", "Png", "Tiff", "Webp"];
/** Those that libvips could read besides, in one build or another. */
const NOT_READ = [
  ...[
    "Analyze",
    "Csv",
    "Dcraw",
    "Fits",
    "Gif",
    "Jp2k",
    "Jxl",
    "Magick",
    "Magick7",
    "Mat",
    "Matrix",
    "Nifti",
    "Openexr",
  ],
  ...["Openslide", "Pdf", "Ppm", "Rad", "Raw", "Svg", "Uhdr", "Vips"],
];

/**
 * Loaders that may not run: those of formats that are not read, and those that read files by name or from a stream. libvips
 * is one for all threads of the process, so what is read must not be blocked even for a moment: another thread may be at it.
 */
export const BLOCKED_LOADERS: readonly string[] = [
  ...NOT_READ,
  ...READ.flatMap((format) => [`${format}File`, `${format}Source`]),
].map((name) => `VipsForeignLoad${name}`);

sharp.block({ operation: [...BLOCKED_LOADERS] });
// Every picture is read once: a cache would only hold memory.
sharp.cache(false);
// The engine wants the cores; several pictures may still be worked on at once, one thread each.
sharp.concurrency(1);

export { type OverlayOptions, type Sharp, sharp };

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
