import { Buffer } from "node:buffer";
import type { Size } from "../engine/picture.ts";
import type { Apng, ApngFrame } from "./apng.ts";
import { pngChunk, withChunk } from "./png_chunks.ts";
import { type OverlayOptions, ownBytes, type Sharp, sharp } from "./sharp.ts";

/**
 * A frame of an animated PNG as a PNG file of its own: what is on the canvas while the frame is shown. libvips knows only
 * what programs show that know no animation.
 *
 * @param index From 0.
 */
export async function apngFrame(apng: Apng, index: number): Promise<Uint8Array<ArrayBuffer>> {
  const first = apng.frames.findLastIndex((frame, i) => i <= index && beginsAnew(apng, frame, i, index));
  // Nothing of what was there before shows: it keeps its depth and its profile.
  if (first === index) return apng.frames[index]!.still();
  let canvas: Uint8Array = new Uint8Array(4 * apng.width * apng.height);
  for (let i = first;; i++) {
    const frame = apng.frames[i]!;
    const before = canvas;
    canvas = await drawn(apng, canvas, frame);
    if (i === index) return await fileOf(apng, canvas);
    if (frame.disposal === "PUT_BACK") canvas = before;
    if (frame.disposal === "CLEAR") canvas = await composed(apng, canvas, [cleared(frame)]);
  }
}

/** What is on the canvas, which side up as the frames that are files of their own are. */
async function fileOf(apng: Apng, canvas: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const file = await rgba(canvas, apng).png({ compressionLevel: 0 }).toBuffer();
  return apng.exif === null ? ownBytes(file) : withChunk(file, ...pngChunk("eXIf", apng.exif));
}

/** Whether all that is on the canvas at frame `wanted` is drawn by this frame and those after it. */
function beginsAnew({ width, height }: Size, frame: ApngFrame, index: number, wanted: number): boolean {
  if (index === 0) return true;
  if (index < wanted && frame.disposal === "PUT_BACK") return false;
  return !frame.over && frame.width === width && frame.height === height;
}

async function drawn(canvasSize: Size, canvas: Uint8Array, frame: ApngFrame): Promise<Uint8Array> {
  const pixels = await sharp(frame.still(), { failOn: "error", limitInputPixels: false })
    .toColourspace("srgb").ensureAlpha().raw({ depth: "uchar" }).toBuffer();
  const { left, top } = frame;
  const picture: OverlayOptions = { input: pixels, raw: rawRgba(frame), left, top, blend: "over" };
  return await composed(canvasSize, canvas, frame.over ? [picture] : [cleared(frame), picture]);
}

/** Empties the part of the canvas that a frame takes. */
function cleared(frame: ApngFrame): OverlayOptions {
  const opaque = Buffer.alloc(4 * frame.width * frame.height, 255);
  return { input: opaque, raw: rawRgba(frame), left: frame.left, top: frame.top, blend: "dest-out" };
}

async function composed(size: Size, canvas: Uint8Array, layers: OverlayOptions[]): Promise<Uint8Array> {
  return await rgba(canvas, size).composite(layers).raw().toBuffer();
}

function rgba(pixels: Uint8Array, size: Size): Sharp {
  return sharp(pixels, { raw: rawRgba(size) });
}

function rawRgba({ width, height }: Size) {
  return { width, height, channels: 4 } as const;
}
