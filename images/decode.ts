import type { Picture } from "../engine/picture.ts";
import { GramcastError } from "../errors.ts";
import { ACCEPTED_FORMATS, type ImageFormat, isAccepted, mimeTypeOf, recogniseFormat } from "./format.ts";
import { ownBytes, sharp } from "./sharp.ts";
import { readTiffTags, TIFF_COMPRESSION, TIFF_PHOTOMETRIC } from "./tiff_tags.ts";

/** What an encoded picture may be at most. */
export interface ImageLimits {
  /** Bytes of the file. */
  readonly maxBytes: number;
  /** Width times height, of the first frame or page. */
  readonly maxPixels: number;
}

/** What a picture's header says. */
export interface ImageInfo {
  /** In pixels, as shown: after EXIF orientation. */
  readonly width: number;
  readonly height: number;
  readonly mimeType: string;
}

interface Header extends ImageInfo {
  readonly format: ImageFormat;
}

/** Seconds after which decoding is given up; the largest allowed pictures take a few. */
const DECODE_SECONDS = 60;

const PHOTOMETRIC_YCBCR = 6;
const COMPRESSION_JPEG = 7;

/**
 * Reads what a picture is from its header: format and size. No pixel is decoded, so damage further on goes unnoticed.
 *
 * @param bytes A PNG, JPEG, GIF, TIFF, WebP or AVIF file.
 * @throws {GramcastError} IMAGE_TOO_LARGE for too many bytes or pixels, IMAGE_UNREADABLE for anything but a picture.
 */
export async function inspectImage(bytes: Uint8Array, limits: ImageLimits): Promise<ImageInfo> {
  const { width, height, mimeType } = await readHeader(bytes, limits);
  return { width, height, mimeType };
}

/**
 * Decodes a picture to 8-bit sRGB, as shown: turned upright by its EXIF orientation, colours converted by its ICC profile
 * (CMYK, grey, palette and 16 bits too), laid over white where it is transparent. Of several frames or pages, the first.
 * Works off the event loop.
 *
 * @param bytes A PNG, JPEG, GIF, TIFF, WebP or AVIF file; must not change while this runs.
 * @param limits Checked against the header, before any pixel is decoded.
 * @throws {GramcastError} IMAGE_TOO_LARGE for too many bytes or pixels, IMAGE_UNREADABLE for anything but a whole picture.
 */
export async function decodePicture(bytes: Uint8Array, limits: ImageLimits): Promise<Picture> {
  const header = await readHeader(bytes, limits);
  try {
    // Warnings are let pass: many files in the wild hold a harmless oddity. Cut-off data is an error, not a warning.
    const { data, info } = await sharp(bytes, { failOn: "error", limitInputPixels: limits.maxPixels, autoOrient: true })
      .timeout({ seconds: DECODE_SECONDS })
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels`);
    return { width: info.width, height: info.height, rgb: ownBytes(data) };
  } catch (cause) {
    const { format, width, height } = header;
    throw new GramcastError(
      "IMAGE_UNREADABLE",
      `Cannot read image: found a ${format} of ${width}×${height} with broken or missing data, wanted a whole file`,
      { cause },
    );
  }
}

async function readHeader(bytes: Uint8Array, limits: ImageLimits): Promise<Header> {
  if (bytes.byteLength > limits.maxBytes) {
    throw new GramcastError(
      "IMAGE_TOO_LARGE",
      `Cannot accept image: found ${bytes.byteLength} bytes, wanted at most ${limits.maxBytes}`,
    );
  }
  const format = recogniseFormat(bytes);
  if (!isAccepted(format)) {
    const found = bytes.byteLength === 0 ? "no bytes" : `${format ?? "an unknown format"} (${bytes.byteLength} bytes)`;
    throw new GramcastError("IMAGE_UNREADABLE", `Cannot read image: found ${found}, wanted ${ACCEPTED_FORMATS}`);
  }
  if (format === "TIFF") refuseBareYcbcr(bytes);
  const { width, height } = await readSize(bytes, format);
  if (width * height > limits.maxPixels) {
    throw new GramcastError(
      "IMAGE_TOO_LARGE",
      `Cannot accept image: found ${width}×${height} = ${width * height} pixels, wanted at most ${limits.maxPixels}`,
    );
  }
  return { format, width, height, mimeType: mimeTypeOf(format) };
}

/** libvips reads YCbCr as if it were RGB, unless JPEG inside the TIFF converts it: wrong colours and no error. */
function refuseBareYcbcr(bytes: Uint8Array): void {
  const tags = readTiffTags(bytes);
  if (tags.get(TIFF_PHOTOMETRIC) !== PHOTOMETRIC_YCBCR || tags.get(TIFF_COMPRESSION) === COMPRESSION_JPEG) return;
  throw new GramcastError(
    "IMAGE_UNREADABLE",
    "Cannot read image: found a TIFF of YCbCr without JPEG compression, wanted RGB, grey, palette or CMYK",
  );
}

async function readSize(bytes: Uint8Array, format: ImageFormat): Promise<{ width: number; height: number }> {
  try {
    // The limit is checked by the caller, who can then say both what was found and what is wanted.
    const { autoOrient } = await sharp(bytes, { failOn: "error", limitInputPixels: false }).metadata();
    return autoOrient;
  } catch (cause) {
    throw new GramcastError(
      "IMAGE_UNREADABLE",
      `Cannot read image: found ${format} (${bytes.byteLength} bytes) with a broken header, wanted a whole file`,
      { cause },
    );
  }
}
