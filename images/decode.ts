import { FINE_STEP, fitLongestSide, fromFine, type Picture, type Size } from "../engine/picture.ts";
import { GramcastError } from "../errors.ts";
import { Admission } from "./admission.ts";
import { apngFrame } from "./apng_frame.ts";
import { readApng } from "./apng.ts";
import { sidesOfAvif } from "./avif_sides.ts";
import { ACCEPTED_FORMATS, type ImageFormat, isAccepted, mimeTypeOf, recogniseFormat } from "./format.ts";
import { countFrames, hasMoreFrames, withEnd, withStillBrand } from "./peculiarities.ts";
import { kernelFor, ownBytes, type Sharp, sharp } from "./sharp.ts";
import { readTiffTags, TIFF_COMPRESSION, TIFF_PHOTOMETRIC } from "./tiff_tags.ts";

/** Frames of a GIF or WebP, painted or not: more are looked through for seconds or minutes before anything is known of it. */
const MAX_FRAMES = 5000;

/** What an encoded picture may be at most. */
export interface ImageLimits {
  /** Bytes of the file. */
  readonly maxBytes: number;
  /** Width times height, of one frame or page. */
  readonly maxPixels: number;
}

/** For pictures that were measured when they were taken in. */
export const NO_LIMITS: ImageLimits = { maxBytes: Number.MAX_SAFE_INTEGER, maxPixels: Number.MAX_SAFE_INTEGER };

/** Longest side that is read: a JPEG cannot have a longer one, and rows of millions of pixels take memory like pictures. */
export const MAX_SIDE = 65_535;

/** What a picture's header says. */
export interface ImageInfo {
  /** In pixels, as shown: after EXIF orientation. */
  readonly width: number;
  readonly height: number;
  readonly mimeType: string;
  /** Frames of an animation, or pages: the first is the picture. */
  readonly frames: number;
}

interface DecodeOptions {
  /** Which frame of a moving picture, from 0; there has to be one. The first when left out. */
  readonly frame?: number;
  /** Longest side that is wanted, in pixels: a larger picture is shrunk while it is read. Left out: its own size. */
  readonly longest?: number;
  /** Whether colours of 16 bits are given beside those of 8, of a file that was written here; not together with `longest`. */
  readonly fine?: boolean;
  /** `WHITE` lays the picture over white (when left out), `KEEP` gives it as it is, with its alpha. */
  readonly transparency?: "WHITE" | "KEEP";
}

interface Header extends ImageInfo {
  readonly format: ImageFormat;
  /** Of a channel: libvips' name, as uchar or ushort. */
  readonly depth: string;
  /** libvips' name of the colour space. */
  readonly space: string;
  readonly hasProfile: boolean;
  readonly hasAlpha: boolean;
}

/** Seconds after which decoding is given up; the largest allowed pictures take a few. */
const DECODE_SECONDS = 60;

/** What decoding a picture may hold that goes through the lane of the small ones: 5 million pixels of 8 bits. */
const SMALL_BYTES = 40e6;
/**
 * What is decoded at once in the whole process, whoever asks for it. Large pictures go one by one, and small ones past
 * them: nobody who sends many large ones keeps the others waiting.
 */
const LANES = {
  small: new Admission({ bytes: 2 * SMALL_BYTES, places: 3 }),
  large: new Admission({ bytes: 400e6, places: 1 }),
} as const;

/** Longest side to which a picture is decoded that is only to be checked. */
const CHECKED_SIDE = 64;

const PHOTOMETRIC_YCBCR = 6;
const PHOTOMETRIC_LAB: readonly number[] = [8, 9, 10];
const COMPRESSION_JPEG = 7;

/**
 * Reads what a picture is from its header: format and size. No pixel is decoded, so damage further on goes unnoticed.
 *
 * @param bytes A PNG, JPEG, GIF, TIFF, WebP or AVIF file.
 * @throws {GramcastError} IMAGE_TOO_LARGE for too many bytes or pixels, IMAGE_UNREADABLE for anything but a picture.
 */
export async function inspectImage(bytes: Uint8Array, limits: ImageLimits): Promise<ImageInfo> {
  const { width, height, mimeType, frames } = await readHeader(withStillBrand(bytes), limits);
  return { width, height, mimeType, frames };
}

/**
 * Reads a picture to its end, and keeps nothing but what its header says: so that nobody is surprised by damage later.
 *
 * @throws {GramcastError} What `decodePicture` throws.
 */
export async function checkImage(bytes: Uint8Array, limits: ImageLimits): Promise<ImageInfo> {
  const info = await inspectImage(bytes, limits);
  await decodePicture(bytes, limits, { longest: CHECKED_SIDE });
  return info;
}

/**
 * Decodes a picture to 8-bit sRGB, as shown: turned upright by its EXIF orientation, colours converted by its ICC profile
 * (CMYK, grey, palette and 16 bits too). Of several frames or pages one, the first when nothing is said. Works off the event loop, and waits its
 * turn: all pictures that are decoded at once share one budget of memory.
 *
 * @param bytes A PNG, JPEG, GIF, TIFF, WebP or AVIF file; must not change while this runs.
 * @param limits Checked against the header, before any pixel is decoded.
 * @throws {GramcastError} IMAGE_TOO_LARGE for too many bytes or pixels, IMAGE_UNREADABLE for anything but a whole picture.
 */
export async function decodePicture(
  bytes: Uint8Array,
  limits: ImageLimits,
  options: DecodeOptions = {},
): Promise<Picture> {
  const file = withStillBrand(bytes);
  const header = await readHeader(file, limits);
  const held = decodedBytes(header);
  return await (held <= SMALL_BYTES ? LANES.small : LANES.large).run(held, async () => {
    try {
      const still = header.format === "PNG" ? await stillOf(file, options.frame ?? 0) : file;
      return await decodeWhole(still, header, limits, options);
    } catch (cause) {
      const { format, width, height } = header;
      throw new GramcastError(
        "IMAGE_UNREADABLE",
        `Cannot read image: found ${
          format === "AVIF" ? "an" : "a"
        } ${format} of ${width}×${height} with broken or missing data, wanted a whole file`,
        { cause },
      );
    }
  });
}

/**
 * What decoding holds at most: RGBA in the file's own depth, once where the format is decoded and once in libvips; of a
 * moving picture also what the frame is drawn onto, and what was there before.
 */
function decodedBytes({ width, height, depth, frames }: Header): number {
  return width * height * (frames > 1 ? 16 : 8) * (depth === "uchar" ? 1 : 2);
}

/** The frame of an animated PNG, which may be another picture than what programs show that know no animation. */
async function stillOf(bytes: Uint8Array, frame: number): Promise<Uint8Array> {
  const apng = readApng(bytes);
  if (apng === null || (frame === 0 && !apng.hasOtherStill)) return bytes;
  return await apngFrame(apng, frame);
}

async function decodeWhole(bytes: Uint8Array, header: Header, limits: ImageLimits, options: DecodeOptions) {
  const read = (file: Uint8Array, failOn: "error" | "warning") => decodeFile(file, header, limits, options, failOn);
  // Warnings are let pass: many files in the wild hold a harmless oddity. Cut-off data is an error, not a warning.
  const whole = header.format === "JPEG" ? withEnd(bytes) : bytes;
  // With its end put back, data that is missing before it is no more than a warning.
  return await read(whole, whole === bytes ? "error" : "warning");
}

async function decodeFile(
  bytes: Uint8Array,
  header: Header,
  limits: ImageLimits,
  { longest = Infinity, transparency = "WHITE", frame = 0, fine = false }: DecodeOptions,
  failOn: "error" | "warning",
): Promise<Picture> {
  if (fine && header.space === "rgb16" && !header.hasProfile) return await decodeFine(bytes, header, limits);
  const page = header.format === "PNG" ? 0 : frame;
  const reading = { failOn, limitInputPixels: limits.maxPixels, autoOrient: true, page };
  // libvips applies no profile to grey of 16 bits: it does to grey of 8.
  const file = header.space === "grey16" && header.hasProfile
    ? await sharp(bytes, reading).timeout({ seconds: DECODE_SECONDS })
      .toColourspace("b-w").keepIccProfile().png({ compressionLevel: 0 }).toBuffer()
    : bytes;
  let pipeline = sharp(file, reading).timeout({ seconds: DECODE_SECONDS }).toColourspace("srgb");
  // Colours of more than 8 bits with a profile are left in Display P3 otherwise.
  if (header.space === "rgb16" && header.hasProfile) pipeline = pipeline.withIccProfile("srgb");
  if (transparency === "WHITE") pipeline = pipeline.flatten({ background: "#ffffff" });
  if (longest < Math.max(header.width, header.height)) {
    pipeline = pipeline.resize({
      ...fitLongestSide(header, longest),
      fit: "fill",
      kernel: kernelFor(header.hasAlpha && transparency === "KEEP"),
      fastShrinkOnLoad: false,
    });
  }
  const { data, info } = await pipeline.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return { width: info.width, height: info.height, rgb: ownBytes(data) };
  if (info.channels === 4) return await withoutNeedlessAlpha(data, info);
  throw new Error(`decoded to ${info.channels} channels`);
}

/** Colours of 16 bits, and those of 8 as they are rounded by `toPicture()`: libvips would cut off what is below. */
async function decodeFine(
  bytes: Uint8Array,
  { width, height, hasAlpha }: Header,
  { maxPixels }: ImageLimits,
): Promise<Picture> {
  const reading = { failOn: "error", limitInputPixels: maxPixels } as const;
  const channel = async (pick: (file: Sharp) => Sharp) => {
    const file = pick(sharp(bytes, reading).timeout({ seconds: DECODE_SECONDS }));
    return ownBytes(await file.toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer());
  };
  const rgb16 = new Uint16Array((await channel((file) => file.removeAlpha())).buffer);
  const opaque = { width, height, rgb: fromFine(rgb16), rgb16 };
  if (!hasAlpha) return opaque;
  const rgba = new Uint16Array((await channel((file) => file)).buffer);
  const alpha = new Uint8Array(width * height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = Math.round(rgba[4 * i + 3]! / FINE_STEP);
  return { ...opaque, alpha };
}

/** RGB and alpha apart; a picture that is opaque everywhere has no alpha. */
async function withoutNeedlessAlpha(rgba: Uint8Array, { width, height }: Size): Promise<Picture> {
  const layers = () => sharp(rgba, { raw: { width, height, channels: 4 } });
  const rgb = ownBytes(await layers().removeAlpha().raw().toBuffer());
  if ((await layers().stats()).isOpaque) return { width, height, rgb };
  return { width, height, rgb, alpha: ownBytes(await layers().extractChannel(3).raw().toBuffer()) };
}

/** @throws {GramcastError} IMAGE_TOO_LARGE */
function checkSides({ width, height }: Size): void {
  if (Math.max(width, height) <= MAX_SIDE) return;
  throw new GramcastError(
    "IMAGE_TOO_LARGE",
    `Cannot accept image: found ${width}×${height} pixels, wanted sides of at most ${MAX_SIDE}`,
  );
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
  if (format === "TIFF") refuseColoursOfTiff(bytes);
  if (hasMoreFrames(bytes, format, MAX_FRAMES)) {
    throw new GramcastError(
      "IMAGE_TOO_LARGE",
      `Cannot accept image: found a ${format} of more than ${MAX_FRAMES} frames, wanted at most as many`,
    );
  }
  for (const sides of format === "AVIF" ? sidesOfAvif(bytes) : []) checkSides(sides);
  const found = await readMetadata(bytes, format);
  const { width, height } = found.autoOrient;
  checkSides({ width, height });
  if (width * height > limits.maxPixels) {
    throw new GramcastError(
      "IMAGE_TOO_LARGE",
      `Cannot accept image: found ${width}×${height} = ${width * height} pixels, wanted at most ${limits.maxPixels}`,
    );
  }
  return {
    format,
    width,
    height,
    mimeType: mimeTypeOf(format),
    frames: format === "PNG" ? readApng(bytes)?.frames.length ?? 1 : countFrames(bytes, format) ?? found.pages ?? 1,
    depth: found.depth,
    space: found.space,
    hasProfile: found.hasProfile,
    hasAlpha: found.hasAlpha,
  };
}

/** What libvips would read with wrong colours and no error: YCbCr as if it were RGB, L*a*b* by another white. */
function refuseColoursOfTiff(bytes: Uint8Array): void {
  const tags = readTiffTags(bytes);
  const photometric = tags.get(TIFF_PHOTOMETRIC) ?? -1;
  const bareYcbcr = photometric === PHOTOMETRIC_YCBCR && tags.get(TIFF_COMPRESSION) !== COMPRESSION_JPEG;
  if (!bareYcbcr && !PHOTOMETRIC_LAB.includes(photometric)) return;
  throw new GramcastError(
    "IMAGE_UNREADABLE",
    `Cannot read image: found a TIFF of ${bareYcbcr ? "YCbCr without JPEG compression" : "L*a*b*"}, ` +
      "wanted RGB, grey, palette or CMYK",
  );
}

/** What libvips makes of a picture's header. @throws {GramcastError} IMAGE_UNREADABLE */
export async function readMetadata(bytes: Uint8Array, format: ImageFormat) {
  try {
    // The limit is checked by the caller, who can then say both what was found and what is wanted.
    return await sharp(bytes, { failOn: "error", limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new GramcastError(
      "IMAGE_UNREADABLE",
      `Cannot read image: found ${format} (${bytes.byteLength} bytes) with a broken header, wanted a whole file`,
      { cause },
    );
  }
}
