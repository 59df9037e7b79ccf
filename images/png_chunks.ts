import { Buffer } from "node:buffer";
import { ownBytes } from "./sharp.ts";

/** Bytes of a PNG file before its second chunk: its signature, and the header that has to be first. */
const HEAD_BYTES = 8 + 25;
/** The chunk `sRGB` with the rendering intent 0, perceptual, and its checksum (PNG, section 11.3.2.5). */
const SRGB = Uint8Array.of(0, 0, 0, 1, 0x73, 0x52, 0x47, 0x42, 0, 0xae, 0xce, 0x1c, 0xe9);

/** A PNG file that says that its colours are sRGB, as all are that are written here; libvips does not say so. */
export function pngInSrgb(file: Uint8Array): Uint8Array<ArrayBuffer> {
  return withChunk(file, SRGB);
}

/** A PNG file with a chunk more, in front of all but its header. */
export function withChunk(file: Uint8Array, ...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return ownBytes(Buffer.concat([file.subarray(0, HEAD_BYTES), ...pieces, file.subarray(HEAD_BYTES)]));
}
