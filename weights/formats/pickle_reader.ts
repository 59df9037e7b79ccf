import { type ByteSource, latin1, readBytes, unreadable } from "./byte_source.ts";

const WINDOW_BYTES = 65_536;
/** Lines that are read as text hold names and numbers. */
const MAX_LINE_BYTES = 512;

/** Reads a source from front to back through a small window, with skips of any length. */
export class PickleReader {
  readonly #source: ByteSource;
  #position: number;
  #window = new Uint8Array(0);
  #windowStart = 0;

  constructor(source: ByteSource, offset: number) {
    this.#source = source;
    this.#position = offset;
  }

  byte(): number {
    let at = this.#position - this.#windowStart;
    if (at < 0 || at >= this.#window.length) {
      const left = this.#source.size - this.#position;
      // One byte too many past the end makes the source say where it ends.
      this.#window = readBytes(this.#source, this.#position, Math.max(1, Math.min(WINDOW_BYTES, left)));
      this.#windowStart = this.#position;
      at = 0;
    }
    this.#position++;
    return this.#window[at]!;
  }

  /** A little-endian unsigned integer of 1, 2, 4 or 8 bytes. */
  uint(bytes: number): number {
    let value = 0;
    for (let i = 0, scale = 1; i < bytes; i++, scale *= 256) value += this.byte() * scale;
    return value;
  }

  /** A little-endian two's complement integer of any length up to 8 bytes. */
  long(bytes: number): number {
    if (bytes > 8) throw unreadable(this.#source.name, `its pickle has an integer of ${bytes} bytes`, "at most 8");
    const value = this.uint(bytes);
    return bytes > 0 && value >= 2 ** (8 * bytes - 1) ? value - 2 ** (8 * bytes) : value;
  }

  /** A big-endian double. */
  float(): number {
    const view = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < 8; i++) view.setUint8(i, this.byte());
    return view.getFloat64(0);
  }

  /** Passes over `length` bytes that the source must have; returns where they begin. */
  skip(length: number): number {
    const start = this.#position;
    if (!(start + length <= this.#source.size)) {
      throw unreadable(
        this.#source.name,
        `it ends at byte ${this.#source.size}`,
        `${length} bytes from byte ${start} on`,
      );
    }
    this.#position += length;
    return start;
  }

  /** The text up to the next line feed. */
  line(): string {
    const { start, length } = this.skipLine();
    if (length > MAX_LINE_BYTES) {
      throw unreadable(this.#source.name, `its pickle has a name of ${length} bytes`, `at most ${MAX_LINE_BYTES}`);
    }
    return latin1(readBytes(this.#source, start, length)).replace(/\r$/, "");
  }

  /** Passes over everything up to the next line feed and over that. */
  skipLine(): { start: number; length: number } {
    const start = this.#position;
    while (this.byte() !== 10);
    return { start, length: this.#position - 1 - start };
  }
}
