import { Buffer } from "node:buffer";
import { GramcastError } from "../errors.ts";

/** Characters decoded in one go: about 1 ms. */
const CHUNK = 2 ** 20;
const ESCAPED_CHUNK = 2 ** 17;

/** Share of line breaks in wrapped base64, at most: 2 characters on lines of 60. */
const WRAPPING = 62 / 60;

/** What comes before the comma of a data URL, up to 200 characters of media type. */
const DATA_URL = /^data:([^,]{0,200}),/i;

/**
 * Decodes base64 with or without a `data:` prefix, or any other data URL, in pieces between which others get their turn.
 *
 * @param maxBytes Most bytes that may come out; a text that is too long for them is refused before it is decoded.
 * @throws {GramcastError} IMAGE_TOO_LARGE, or BAD_USER_INPUT when it is not base64.
 */
export async function decodeBase64(text: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (!/^data:/i.test(text.slice(0, 5))) return await decodeText(text, maxBytes);
  const prefix = DATA_URL.exec(text.slice(0, 256));
  if (!prefix) throw notBase64("a data: prefix without its comma");
  const payload = text.slice(prefix[0].length);
  const isBase64 = /;\s*base64\s*$/i.test(prefix[1]!);
  // Three characters a byte at most, where it is not base64 and each is escaped.
  if (payload.length > 3 * (maxBytes * WRAPPING + 8) * (isBase64 ? 4 / 3 : 1)) {
    throw tooLarge(Math.ceil(payload.length / 3), maxBytes);
  }
  if (isBase64) return await decodeText(payload.includes("%") ? await unescaped(payload) : payload, maxBytes);
  const bytes = new Uint8Array(Buffer.from(await unescaped(payload), "latin1"));
  if (bytes.byteLength === 0) throw notBase64("nothing");
  if (bytes.byteLength > maxBytes) throw tooLarge(bytes.byteLength, maxBytes);
  return bytes;
}

/** Bytes encoded in one go; three give four characters, so that nothing is padded before the end. */
const BYTES = 3 * 2 ** 18;

/** Encodes as base64, in pieces between which others get their turn. */
export async function encodeBase64(bytes: Uint8Array): Promise<string> {
  let text = bytes.subarray(0, BYTES).toBase64();
  for (let at = BYTES; at < bytes.length; at += BYTES) {
    await new Promise<void>((resolve) => setTimeout(resolve));
    text += bytes.subarray(at, at + BYTES).toBase64();
  }
  return text;
}

/** Percent-encoding undone: one character a byte. */
async function unescaped(text: string): Promise<string> {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    if (at > 0) await new Promise<void>((resolve) => setTimeout(resolve));
    // No escape is cut in two.
    const whole = text.slice(at, at + ESCAPED_CHUNK);
    const cut = at + ESCAPED_CHUNK < text.length ? whole.replace(/%[^%]?$/, "") : whole;
    at += cut.length;
    pieces.push(cut.replace(/%(.{0,2})/gs, (_, digits: string) => {
      if (!/^[\da-f]{2}$/i.test(digits)) throw notBase64("a % without two hexadecimal digits");
      return String.fromCharCode(parseInt(digits, 16));
    }));
  }
  return pieces.join("");
}

async function decodeText(text: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const capacity = Math.ceil(text.length * 0.75);
  if (capacity > maxBytes * WRAPPING + 8) throw tooLarge(capacity, maxBytes);
  const bytes = new Uint8Array(capacity);
  let written = 0;
  let at = 0;
  while (at < text.length) {
    if (at > 0) await new Promise<void>((resolve) => setTimeout(resolve));
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
  return new GramcastError("IMAGE_TOO_LARGE", `Cannot accept ${bytes} bytes: wanted at most ${maxBytes}`);
}
