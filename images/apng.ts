import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { GramcastError } from "../errors.ts";
import { PNG_SIGNATURE, pngChunk } from "./png_chunks.ts";
import { ownBytes } from "./sharp.ts";

/** What becomes of a frame before the next one is drawn. */
type Disposal = "KEEP" | "CLEAR" | "PUT_BACK";

/** A frame of an animated PNG: a picture that is drawn onto a part of the canvas. */
export interface ApngFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Milliseconds for which it is shown, as the file says. */
  readonly delay: number;
  readonly disposal: Disposal;
  /** Whether it is laid over what is there; else it takes its place. */
  readonly over: boolean;
  /** The frame alone, as a PNG file. */
  readonly still: () => Uint8Array<ArrayBuffer>;
}

/** An animated PNG (PNG, third edition, sections 4.9 and 11.3.6). */
export interface Apng {
  readonly width: number;
  readonly height: number;
  /** How often it is shown; 0 for ever. */
  readonly loops: number;
  readonly frames: readonly ApngFrame[];
  /** Whether programs that know no animation show something that is no frame of it. */
  readonly hasOtherStill: boolean;
  /** EXIF data that goes for every frame, such as which side is up; null where there is none. */
  readonly exif: Uint8Array | null;
}

interface Chunk {
  readonly name: string;
  readonly data: Uint8Array;
  /** Whether its checksum is right. */
  readonly isWhole: () => boolean;
}

const HEADER_BYTES = 13;
const DISPOSALS: readonly Disposal[] = ["KEEP", "CLEAR", "PUT_BACK"];
/** Chunks that are read: pictures of the largest size in the smallest pieces that are usual have fewer. */
const MAX_CHUNKS = 10_000;
/** Parts of a second when the file says 0. */
const USUAL_PARTS = 100;

/**
 * Reads how an animated PNG is put together; no pixel is decoded.
 *
 * @returns Null for a PNG that is not animated, as far as its chunks tell.
 * @throws {GramcastError} IMAGE_UNREADABLE for an animation that is damaged, or against the rules.
 */
export function readApng(bytes: Uint8Array): Apng | null {
  const reader = new ApngReader();
  let chunks = 0;
  for (const chunk of chunksOf(bytes)) {
    if (++chunks > MAX_CHUNKS) throw broken(`more than ${MAX_CHUNKS} parts`);
    reader.take(chunk);
    if (reader.isStill) return null;
  }
  return reader.finished();
}

/** Takes the chunks in their order. */
class ApngReader {
  #header: Uint8Array | null = null;
  #control: { readonly frames: number; readonly loops: number } | null = null;
  /** Chunks in front of the pixels that go for every frame: palette, profile, transparency. */
  readonly #shared: Chunk[] = [];
  readonly #frames: { readonly control: Omit<ApngFrame, "still">; readonly data: Uint8Array[] }[] = [];
  #sequence = 0;
  #sawPixels = false;
  #hasOtherStill = false;
  #ended = false;

  /** The pixels have come, and nothing that says there is an animation. */
  get isStill(): boolean {
    return this.#control === null && (this.#sawPixels || this.#ended);
  }

  take(chunk: Chunk): void {
    const { name, data, isWhole } = chunk;
    if ((this.#control !== null || name === "acTL") && !isWhole()) {
      throw broken(`a wrong checksum of ${/^[A-Za-z]{4}$/.test(name) ? name : "a chunk"}`);
    }
    switch (name) {
      case "IHDR":
        if (data.length === HEADER_BYTES) this.#header ??= data;
        break;
      case "acTL": {
        // After the pixels it says nothing.
        if (this.#sawPixels || this.#control !== null) break;
        if (data.length < 8) throw broken("an animation header of the wrong length");
        this.#control = { frames: word(data, 0), loops: word(data, 4) };
        if (this.#control.frames === 0) throw broken("0 frames");
        break;
      }
      case "fcTL":
        if (this.#control !== null) this.#begin(data);
        break;
      case "IDAT":
        this.#sawPixels = true;
        if (this.#frames.length > 0) this.#frames[0]!.data.push(data);
        else this.#hasOtherStill = true;
        break;
      case "fdAT":
        this.#add(data);
        break;
      case "IEND":
        this.#ended = true;
        break;
      default:
        if (!this.#sawPixels) this.#shared.push(chunk);
    }
  }

  finished(): Apng | null {
    if (this.#control === null) return null;
    const header = this.#header;
    if (header === null || !this.#ended) throw broken("no end");
    const { frames, loops } = this.#control;
    const found = this.#frames.findIndex(({ data }) => data.length === 0);
    if (found >= 0) throw broken(`no data of frame ${found + 1}`);
    if (this.#frames.length !== frames) throw broken(`${this.#frames.length} of ${frames} frames`);
    return {
      width: word(header, 0),
      height: word(header, 4),
      loops,
      frames: this.#frames.map(({ control, data }) => ({
        ...control,
        still: () => pngOf(header, control, this.#shared, data),
      })),
      hasOtherStill: this.#hasOtherStill,
      exif: this.#shared.find(({ name }) => name === "eXIf")?.data ?? null,
    };
  }

  #begin(data: Uint8Array): void {
    const number = this.#frames.length + 1;
    if (data.length < 26) throw broken(`frame ${number} with a header of the wrong length`);
    this.#count(data);
    const [width, height, left, top] = [word(data, 4), word(data, 8), word(data, 12), word(data, 16)];
    const [canvasWidth, canvasHeight] = [word(this.#header!, 0), word(this.#header!, 4)];
    if (width === 0 || height === 0) throw broken(`frame ${number} of ${width}×${height} pixels`);
    if (left + width > canvasWidth || top + height > canvasHeight) {
      throw broken(`frame ${number} outside of its ${canvasWidth}×${canvasHeight} pixels`);
    }
    const whole = width === canvasWidth && height === canvasHeight;
    if (!this.#sawPixels && (number > 1 || !whole)) throw broken("a first frame that is not the whole picture");
    const disposal = DISPOSALS[data[24]!];
    const blend = data[25]!;
    if (disposal === undefined || blend > 1) throw broken(`frame ${number} that is drawn in an unknown way`);
    const [part, parts] = [half(data, 20), half(data, 22)];
    const delay = 1000 * part / (parts === 0 ? USUAL_PARTS : parts);
    this.#frames.push({ control: { left, top, width, height, delay, disposal, over: blend === 1 }, data: [] });
  }

  #add(data: Uint8Array): void {
    if (this.#control === null) return;
    if (data.length < 4) throw broken("data of a frame that is cut off");
    this.#count(data);
    const frame = this.#frames.at(-1);
    if (frame === undefined || (this.#frames.length === 1 && !this.#hasOtherStill)) {
      throw broken("data that belongs to no frame");
    }
    frame.data.push(data.subarray(4));
  }

  /** Frames' headers and data are counted through, so that an order that was lost is noticed. */
  #count(data: Uint8Array): void {
    if (this.#header === null || word(data, 0) !== this.#sequence) throw broken("frames out of order");
    this.#sequence++;
  }
}

function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = PNG_SIGNATURE.length; at < bytes.length;) {
    const end = at + 12 <= bytes.length ? at + 8 + view.getUint32(at) : Infinity;
    // It is cut off: whoever reads it misses its end.
    if (end + 4 > bytes.length) return;
    const name = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!, bytes[at + 7]!);
    const named = bytes.subarray(at + 4, end);
    const isWhole = () => view.getUint32(end) === crc32(named);
    yield { name, data: bytes.subarray(at + 8, end), isWhole };
    if (name === "IEND") return;
    at = end + 4;
  }
}

function pngOf(
  header: Uint8Array,
  { width, height }: Pick<ApngFrame, "width" | "height">,
  shared: readonly Chunk[],
  data: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const own = header.slice();
  const view = new DataView(own.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  return ownBytes(Buffer.concat([
    PNG_SIGNATURE,
    ...pngChunk("IHDR", own),
    ...shared.flatMap(({ name, data }) => pngChunk(name, data)),
    ...data.flatMap((piece) => pngChunk("IDAT", piece)),
    ...pngChunk("IEND", new Uint8Array(0)),
  ]));
}

function word(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

function half(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint16(at);
}

function broken(what: string): GramcastError {
  return new GramcastError(
    "IMAGE_UNREADABLE",
    `Cannot read image: found an animated PNG with ${what}, wanted a whole file`,
  );
}
