/**
 * What files are allowed that libvips does not know or allow.
 *
 * @module
 */
import type { ImageFormat } from "./format.ts";

/** Bytes at the end of a JPEG among which its end is looked for: some programs write a few more behind it. */
const TAIL_BYTES = 4096;

/**
 * A JPEG with the marker of its end (FF D9), which some cameras and transfers lose; browsers do without it.
 *
 * @returns The file itself where it has one.
 */
export function withEnd(bytes: Uint8Array): Uint8Array {
  const tail = bytes.subarray(-TAIL_BYTES);
  for (let at = tail.indexOf(0xff); at >= 0; at = tail.indexOf(0xff, at + 1)) if (tail[at + 1] === 0xd9) return bytes;
  const whole = new Uint8Array(bytes.byteLength + 2);
  whole.set(bytes);
  whole.set([0xff, 0xd9], bytes.byteLength);
  return whole;
}

/**
 * An AVIF whose main brand is that of a still picture: libvips does not know that of a sequence, whose first picture it
 * reads all the same.
 *
 * @returns The file itself where it is not a sequence.
 */
export function withStillBrand(bytes: Uint8Array): Uint8Array {
  if (findText(bytes.subarray(0, 12), "ftypavis") !== 4) return bytes;
  const still = bytes.slice();
  still.set(new TextEncoder().encode("avif"), 8);
  return still;
}

/** How many pictures an AVIF says that it has, which libvips does not count; undefined for other formats. */
export function countFrames(bytes: Uint8Array, format: ImageFormat): number | undefined {
  if (format !== "AVIF") return undefined;
  // Sample sizes of ISO media: after the name flags, one size for all, and a count.
  const at = findText(bytes, "stsz");
  if (at < 0 || at + 16 > bytes.byteLength) return undefined;
  return Math.max(1, new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 12));
}

/** Whether a GIF goes on to its end, which libvips does not miss: it shows what there is of the last frame. */
export function hasEndOfGif(bytes: Uint8Array): boolean {
  for (const kind of blocksOfGif(bytes)) if (kind === GIF_END) return true;
  return false;
}

/**
 * Whether a GIF or WebP has more frames than so many. libvips looks through all of them for its header, and nothing breaks
 * that off.
 *
 * @returns False for other formats.
 */
export function hasMoreFrames(bytes: Uint8Array, format: ImageFormat, most: number): boolean {
  let frames = 0;
  if (format === "GIF") {
    for (const kind of blocksOfGif(bytes)) if (kind === GIF_FRAME && ++frames > most) return true;
  }
  if (format === "WebP") {
    for (const name of chunksOfWebp(bytes)) if (name === WEBP_FRAME && ++frames > most) return true;
  }
  return false;
}

const GIF_EXTENSION = 0x21;
const GIF_FRAME = 0x2c;
const GIF_END = 0x3b;
/** The chunk `ANMF`, its name as a number. */
const WEBP_FRAME = 0x41_4e_4d_46;

/** The kinds of a GIF's blocks, up to its end or to what is none. */
function* blocksOfGif(bytes: Uint8Array): Generator<number> {
  const tableBytes = (flags: number) => (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
  let at = 13 + tableBytes(bytes[10] ?? 0);
  while (at < bytes.length) {
    const kind = bytes[at]!;
    yield kind;
    // An extension has a label, a frame its place, perhaps its colours, and the size of its codes.
    if (kind === GIF_EXTENSION) at += 2;
    else if (kind === GIF_FRAME) at += 11 + tableBytes(bytes[at + 9] ?? 0);
    else return;
    while (bytes[at]! > 0) at += 1 + bytes[at]!;
    at++;
  }
}

/** The names of a WebP's chunks, as numbers. */
function* chunksOfWebp(bytes: Uint8Array): Generator<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Behind the head of the file each has a name, a size, and so many bytes, filled up to an even number.
  for (let at = 12; at + 8 <= bytes.length;) {
    yield view.getUint32(at);
    const size = view.getUint32(at + 4, true);
    at += 8 + size + size % 2;
  }
}

/** Bytes in which a name is looked for: headers stand in front. */
const HEADER_BYTES = 65_536;

function findText(bytes: Uint8Array, text: string): number {
  const head = bytes.subarray(0, HEADER_BYTES);
  const wanted = new TextEncoder().encode(text);
  for (let at = head.indexOf(wanted[0]!); at >= 0; at = head.indexOf(wanted[0]!, at + 1)) {
    if (wanted.every((byte, i) => head[at + i] === byte)) return at;
  }
  return -1;
}
