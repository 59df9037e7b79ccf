import { GramcastError } from "../errors.ts";
import { framesIn } from "../engine/options/moving_schedule.ts";
import type { TransferOptions } from "../engine/options/options.ts";
import type { Picture } from "../engine/picture.ts";
import { LIMITS, MAX_CONTENT_PIXELS, MAX_MOVING_PIXELS } from "../limits.ts";
import { invalid } from "../values.ts";
import { readApng } from "./apng.ts";
import { decodePicture, inspectImage, NO_LIMITS } from "./decode.ts";
import { encodePicture } from "./encode.ts";
import { recogniseFormat } from "./format.ts";
import { hasEndOfGif } from "./peculiarities.ts";
import { readTiming, type Timing } from "./timing.ts";

/** Longest side to which frames are decoded that are only to be checked. */
const CHECKED_SIDE = 64;
/** How many frames stand for the colours of all, and their longest side. */
const COLOR_FRAMES = 8;
const COLOR_SIDE = 256;

/**
 * When the frames of a picture are shown whose every frame is to be painted. Only its headers are read.
 *
 * @param bytes A picture that was measured when it was taken in.
 * @returns Null for a picture of one frame.
 * @throws {GramcastError} BAD_USER_INPUT with the field `moving` for one that cannot be painted frame by frame, or has too
 * many frames or pixels; IMAGE_UNREADABLE
 */
export async function inspectMoving(bytes: Uint8Array): Promise<Timing | null> {
  const { width, height, frames, mimeType } = await inspectImage(bytes, NO_LIMITS);
  if (frames === 1) return null;
  const timing = await readTiming(bytes);
  if (timing === null) {
    throw cannotMove(`found ${frames} pictures of ${mimeType}`, "the frames of a GIF, WebP or PNG");
  }
  const { maximum } = LIMITS.contentFrames;
  if (frames > maximum) throw cannotMove(`found ${frames} frames`, `at most ${maximum}`);
  const pixels = width * height * frames;
  if (pixels > MAX_CONTENT_PIXELS) {
    throw cannotMove(
      `found ${frames} frames of ${width}×${height} = ${pixels} pixels`,
      `at most ${MAX_CONTENT_PIXELS}`,
    );
  }
  return timing;
}

/**
 * Reads a moving picture to its end, so that nobody is surprised by damage later.
 *
 * @throws {GramcastError} IMAGE_UNREADABLE
 */
export async function checkMoving(bytes: Uint8Array): Promise<void> {
  const format = recogniseFormat(bytes);
  if (format === "GIF" && !hasEndOfGif(bytes)) {
    throw new GramcastError("IMAGE_UNREADABLE", "Cannot read image: found a GIF without its end, wanted a whole file");
  }
  const apng = format === "PNG" ? readApng(bytes) : null;
  if (apng !== null) {
    // Each alone: what is drawn onto a whole canvas takes the time of that, and the last frame may hide those before it.
    for (const { still } of apng.frames) await decodePicture(still(), NO_LIMITS, { longest: CHECKED_SIDE });
    return;
  }
  // Frames are drawn one onto the other: the last takes all before it.
  const { frames } = await inspectImage(bytes, NO_LIMITS);
  await decodePicture(bytes, NO_LIMITS, { frame: frames - 1, longest: CHECKED_SIDE });
}

/**
 * Checks that all frames that are painted can be written as one file.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field `size`.
 */
export function checkMovingSize(options: TransferOptions): void {
  const frames = framesIn(options);
  const pixels = frames * options.width * options.height;
  if (frames === 1 || pixels <= MAX_MOVING_PIXELS) return;
  throw invalid(
    "size",
    `Cannot paint ${frames} frames of ${options.width}×${options.height} = ${pixels} pixels: wanted at most ${MAX_MOVING_PIXELS}`,
  );
}

/**
 * A frame of a moving picture as a PNG file, with its alpha.
 *
 * @param frame From 0.
 * @param longest Longest side that is wanted, in pixels: a larger one is shrunk.
 * @throws {GramcastError} What `decodePicture` throws.
 */
export async function frameFile(bytes: Uint8Array, frame: number, longest: number): Promise<Uint8Array<ArrayBuffer>> {
  const picture = await decodePicture(bytes, NO_LIMITS, { frame, longest, transparency: "KEEP" });
  return await encodePicture(picture, { format: "PNG" });
}

/**
 * Frames of a moving picture, spread over all of it, below each other as one PNG file: their colours stand for those of all,
 * as the first frame's may not, which may be black.
 *
 * @param frames How many it has.
 * @throws {GramcastError} What `decodePicture` throws.
 */
export async function movingColors(bytes: Uint8Array, frames: number): Promise<Uint8Array<ArrayBuffer>> {
  const count = Math.min(frames, COLOR_FRAMES);
  const pictures: Picture[] = [];
  for (let i = 0; i < count; i++) {
    const frame = Math.round(i * (frames - 1) / Math.max(1, count - 1));
    pictures.push(await decodePicture(bytes, NO_LIMITS, { frame, longest: COLOR_SIDE, transparency: "KEEP" }));
  }
  const { width, height } = pictures[0]!;
  const rgb = new Uint8Array(3 * width * height * count);
  const alpha = new Uint8Array(width * height * count).fill(255);
  for (const [i, picture] of pictures.entries()) {
    rgb.set(picture.rgb, 3 * width * height * i);
    if (picture.alpha) alpha.set(picture.alpha, width * height * i);
  }
  return await encodePicture({ width, height: count * height, rgb, alpha }, { format: "PNG" });
}

function cannotMove(found: string, wanted: string) {
  return invalid("moving", `Cannot paint every frame of the content: ${found}, wanted ${wanted}`);
}
