import { GramcastError } from "../errors.ts";

/** Characters decoded in one go: about 1 ms. */
const CHUNK = 2 ** 20;

/** Share of line breaks in wrapped base64, at most: 2 characters on lines of 60. */
const WRAPPING = 62 / 60;

/**
 * Decodes base64 with or without a `data:` prefix, in pieces between which others get their turn.
 *
 * @param maxBytes Most bytes that may come out; a text that is too long for them is refused before it is decoded.
 * @throws {GramcastError} IMAGE_TOO_LARGE, or BAD_USER_INPUT when it is not base64.
 */
export async function decodeBase64(text: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const prefixed = text.startsWith("data:");
  const start = prefixed ? text.indexOf(",") + 1 : 0;
  if (prefixed && !/^data:[^,]{0,200};base64,$/i.test(text.slice(0, Math.min(start, 256)))) {
    throw notBase64("a data: prefix that does not end in ;base64,");
  }
  const capacity = Math.ceil((text.length - start) * 0.75);
  if (capacity > maxBytes * WRAPPING + 8) throw tooLarge(capacity, maxBytes);
  const bytes = new Uint8Array(capacity);
  let written = 0;
  let at = start;
  while (at < text.length) {
    if (at > start) await new Promise<void>((resolve) => setTimeout(resolve));
    const piece = text.slice(at, at + CHUNK);
    const last = at + CHUNK >= text.length;
    const result = decodePiece(piece, bytes.subarray(written), last);
    if (result.read === 0) throw notBase64("an incomplete group of characters");
    written += result.written;
    at += result.read;
  }
  if (written === 0) throw notBase64("nothing");
  if (written > maxBytes) throw tooLarge(written, maxBytes);
  return bytes.slice(0, written);
}

function decodePiece(piece: string, into: Uint8Array, last: boolean): { read: number; written: number } {
  // Both alphabets are in use, and many encoders leave out the padding: "loose" takes a last group without it.
  const alphabet = /[-_]/.test(piece) ? "base64url" : "base64";
  try {
    return into.setFromBase64(piece, { alphabet, lastChunkHandling: last ? "loose" : "stop-before-partial" });
  } catch {
    throw notBase64("characters that are none of it, or an incomplete end");
  }
}

function notBase64(found: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot decode base64: found ${found}, wanted base64 text of a picture`);
}

function tooLarge(bytes: number, maxBytes: number): GramcastError {
  return new GramcastError("IMAGE_TOO_LARGE", `Cannot take in ${bytes} bytes: wanted at most ${maxBytes}`);
}
