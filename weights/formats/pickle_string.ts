import { type ByteSource, latin1, MemorySource, readBytes, unreadable } from "./byte_source.ts";

/**
 * How a pickle wrote a string. `raw` is bytes as they are; `repr` a quoted Python 2 literal; the others are text, which
 * stands for bytes when every character is below 256 (Python 3 writes bytes so in protocols 0 to 2).
 */
export type StringEncoding = "raw" | "utf8" | "repr" | "raw-unicode-escape";

const SHORT_BYTES = 256;

/** A string in a pickle, located but not read. */
export class PickledString {
  readonly #source: ByteSource;
  readonly offset: number;
  readonly #length: number;
  readonly #encoding: StringEncoding;

  constructor(source: ByteSource, offset: number, length: number, encoding: StringEncoding) {
    this.#source = source;
    this.offset = offset;
    this.#length = length;
    this.#encoding = encoding;
  }

  /** Whether its bytes lie in the file as they are. */
  get isPlain(): boolean {
    return this.#encoding === "raw";
  }

  /** Its text, one character per byte where it is bytes. For names: @throws when it is long. */
  text(): string {
    if (this.#length > SHORT_BYTES) {
      throw unreadable(this.#source.name, `its pickle has a name of ${this.#length} bytes`, `at most ${SHORT_BYTES}`);
    }
    const written = readBytes(this.#source, this.offset, this.#length);
    return this.#encoding === "utf8" ? new TextDecoder().decode(written) : latin1(this.#decode(written));
  }

  /**
   * A source that has the string's bytes: from `offset` on when it is plain, else from 0 on.
   *
   * @param what Which array it is, for messages.
   * @param wanted Number of bytes that the string must have.
   */
  asSource(what: string, wanted: number): ByteSource {
    if (this.isPlain) {
      if (this.#length !== wanted) throw this.#wrongLength(what, this.#length, wanted);
      return this.#source;
    }
    const bytes = this.#decode(readBytes(this.#source, this.offset, this.#length));
    if (bytes.length !== wanted) throw this.#wrongLength(what, bytes.length, wanted);
    return new MemorySource(this.#source.name, bytes);
  }

  #wrongLength(what: string, found: number, wanted: number) {
    return unreadable(this.#source.name, `${what} has ${found} bytes`, `${wanted} bytes`);
  }

  /** Decodes in place: no encoding is shorter than what it encodes. */
  #decode(written: Uint8Array): Uint8Array {
    switch (this.#encoding) {
      case "raw":
        return written;
      case "utf8":
        return decodeLatin1Utf8(written, this.#source.name);
      case "repr":
        return decodeEscapes(written.subarray(1, Math.max(1, written.length - 1)), REPR_ESCAPES, this.#source.name);
      case "raw-unicode-escape":
        return decodeEscapes(written, {}, this.#source.name);
    }
  }
}

const REPR_ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, "\\": 92, "'": 39, '"': 34 };

function decodeLatin1Utf8(bytes: Uint8Array, file: string): Uint8Array {
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 0x80) {
      bytes[length++] = byte;
    } else if ((byte === 0xc2 || byte === 0xc3) && i + 1 < bytes.length) {
      bytes[length++] = ((byte & 3) << 6) | (bytes[++i]! & 0x3f);
    } else {
      throw unreadable(file, "its pickle has bytes that are not written as Latin-1", "NumPy's arrays");
    }
  }
  return bytes.subarray(0, length);
}

/** \xhh (repr), \uhhhh (raw-unicode-escape) and the one-letter escapes of `letters`; a backslash else stands for itself. */
function decodeEscapes(bytes: Uint8Array, letters: Readonly<Record<string, number>>, file: string): Uint8Array {
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte !== 92) {
      bytes[length++] = byte;
      continue;
    }
    const letter = String.fromCharCode(bytes[i + 1] ?? 0);
    const digits = letter === "x" && letters.n ? 2 : letter === "u" && !letters.n ? 4 : 0;
    if (digits > 0) {
      const code = Number.parseInt(latin1(bytes.subarray(i + 2, i + 2 + digits)), 16);
      if (!(code < 256)) throw unreadable(file, "its pickle has a character beyond Latin-1", "bytes");
      bytes[length++] = code;
      i += 1 + digits;
    } else if (letters[letter] !== undefined) {
      bytes[length++] = letters[letter];
      i++;
    } else {
      bytes[length++] = byte;
    }
  }
  return bytes.subarray(0, length);
}
