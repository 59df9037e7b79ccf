import { GramcastError } from "../errors.ts";

/**
 * What one operation may make the server do beyond what its text tells: a field costs what it costs, which is known when
 * its picture is. Every alias of a field pays anew.
 */
export class Allowance {
  readonly #maxBytes: number;
  #bytes = 0;
  #pixels = 0;

  /** @param maxImageBytes Bytes of one encoded picture: one of them is always allowed. */
  constructor(maxImageBytes: number) {
    this.#maxBytes = Math.max(maxImageBytes, MAX_TEXT_BYTES);
  }

  /**
   * Pays for a file that is written as text.
   *
   * @throws {GramcastError} QUERY_TOO_COMPLEX
   */
  writeAsText(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) {
      throw tooMuch(`files of more than ${this.#maxBytes} bytes as text`, "fewer, or their url");
    }
  }

  /**
   * Pays for a picture that is encoded.
   *
   * @param pixels Of the picture before it is made smaller.
   * @throws {GramcastError} QUERY_TOO_COMPLEX
   */
  encode(pixels: number): void {
    this.#pixels += pixels;
    if (this.#pixels > MAX_ENCODED_PIXELS) {
      throw tooMuch(`pictures of more than ${MAX_ENCODED_PIXELS} pixels to encode`, "fewer, or their url");
    }
  }

  /** To be called between the events of a subscription: each may cost as much as an operation. */
  renew(): void {
    this.#bytes = 0;
    this.#pixels = 0;
  }
}

/** Bytes of files in one answer. */
export const MAX_TEXT_BYTES = 2 ** 25;
/** Pixels that are encoded for one answer: eight of the largest frames, or 300 of 668². */
export const MAX_ENCODED_PIXELS = 8 * 4096 ** 2;

function tooMuch(found: string, wanted: string): GramcastError {
  return new GramcastError(
    "QUERY_TOO_COMPLEX",
    `Cannot execute an operation as large as this: found ${found}, wanted ${wanted}`,
  );
}
