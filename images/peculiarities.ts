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
  const tableBytes = (flags: number) => (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
  let at = 13 + tableBytes(bytes[10] ?? 0);
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === 0x3b) return true;
    // An extension has a label, a frame its place, perhaps its colours, and the size of its codes.
    if (kind === 0x21) at += 2;
    else if (kind === 0x2c) at += 11 + tableBytes(bytes[at + 9] ?? 0);
    else return false;
    while (bytes[at]! > 0) at += 1 + bytes[at]!;
    at++;
  }
  return false;
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
