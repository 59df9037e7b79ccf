import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { ownBytes } from "./sharp.ts";

/** How every PNG file begins. */
export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Bytes of a PNG file before its second chunk: its signature, and the header that has to be first. */
const HEAD_BYTES = PNG_SIGNATURE.length + 25;
/** The chunk `sRGB` with the rendering intent 0, perceptual (PNG, section 11.3.2.5). */
const SRGB = pngChunk("sRGB", Uint8Array.of(0));

/** A PNG file that says that its colours are sRGB, as all are that are written here; libvips does not say so. */
export function pngInSrgb(file: Uint8Array): Uint8Array<ArrayBuffer> {
  return withChunk(file, ...SRGB);
}

/** A PNG file with a chunk more, in front of all but its header. */
export function withChunk(file: Uint8Array, ...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return ownBytes(Buffer.concat([file.subarray(0, HEAD_BYTES), ...pieces, file.subarray(HEAD_BYTES)]));
}

/** A chunk of a PNG file, in pieces. */
export function pngChunk(name: string, data: Uint8Array): Uint8Array[] {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, data.length);
  head.set(new TextEncoder().encode(name), 4);
  const sum = new Uint8Array(4);
  new DataView(sum.buffer).setUint32(0, crc32(data, crc32(head.subarray(4))));
  return [head, data, sum];
}
