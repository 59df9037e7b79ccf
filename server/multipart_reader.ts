import { serverError } from "./errors.ts";

/** One part of a multipart body. */
export interface Part {
  readonly name: string;
  /** Undefined for a plain field. */
  readonly filename: string | undefined;
  /** The content in pieces; has to be read to its end before the next part. */
  readonly pieces: AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
}

const MAX_PREAMBLE = 1024;
const MAX_HEADERS = 8192;
const CRLF = encode("\r\n");

/**
 * Reads a multipart/form-data body part by part while it arrives, so that no more of it is held, and none of it is looked
 * at for longer, than one piece off the network.
 *
 * @param boundary As the Content-Type header gives it.
 * @throws {GraphQLError} BAD_REQUEST when the body is not what it says it is, or ends early.
 */
export async function* readParts(
  body: AsyncIterable<Uint8Array<ArrayBuffer>>,
  boundary: string,
): AsyncGenerator<Part, void> {
  const delimiter = new Needle(encode(`\r\n--${boundary}`));
  const blankLine = new Needle(encode("\r\n\r\n"));
  const scanner = new Scanner(body);
  try {
    await scanner.text(delimiter, MAX_PREAMBLE);
    while (await scanner.lineEnd()) {
      const header = parseHeaders(await scanner.text(blankLine, MAX_HEADERS));
      yield { ...header, pieces: scanner.until(delimiter) };
    }
  } finally {
    await scanner.cancel();
  }
}

/** Finds byte sequences in a stream. */
class Scanner {
  readonly #body: AsyncIterator<Uint8Array<ArrayBuffer>>;
  /** The first delimiter stands at the start of a line too, the one that begins the body. */
  #buffer: Uint8Array<ArrayBuffer> = CRLF;

  constructor(body: AsyncIterable<Uint8Array<ArrayBuffer>>) {
    this.#body = body[Symbol.asyncIterator]();
  }

  /** What comes before `delimiter`, in pieces; the delimiter is skipped. */
  async *until(delimiter: Needle): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for (;;) {
      const at = delimiter.findIn(this.#buffer);
      const end = at >= 0 ? at : delimiter.beginIn(this.#buffer);
      const piece = this.#buffer.subarray(0, end);
      this.#buffer = this.#buffer.subarray(at >= 0 ? at + delimiter.length : end);
      if (piece.length > 0) yield piece;
      if (at >= 0) return;
      await this.#fill();
    }
  }

  /** As `until`, as text of at most `limit` bytes. */
  async text(delimiter: Needle, limit: number): Promise<string> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    for await (const piece of this.until(delimiter)) {
      bytes += piece.length;
      if (bytes > limit) throw malformed(`more than ${limit} bytes where a part's header should end`);
      pieces.push(piece);
    }
    return await new Blob(pieces).text();
  }

  /** Reads what follows a delimiter: true at a line end, false at the two hyphens that end the body. */
  async lineEnd(): Promise<boolean> {
    while (this.#buffer.length < 2) await this.#fill();
    const next = String.fromCharCode(this.#buffer[0]!, this.#buffer[1]!);
    if (next !== "\r\n" && next !== "--") throw malformed("a boundary that no line end follows");
    // The line end stays: it may be the first half of the blank line after no headers at all.
    return next === "\r\n";
  }

  async cancel(): Promise<void> {
    await this.#body.return?.();
  }

  async #fill(): Promise<void> {
    const { done, value } = await this.#body.next();
    if (done) throw malformed("its end before the last boundary");
    if (this.#buffer.length === 0) {
      this.#buffer = value;
      return;
    }
    const joined = new Uint8Array(this.#buffer.length + value.length);
    joined.set(this.#buffer);
    joined.set(value, this.#buffer.length);
    this.#buffer = joined;
  }
}

/**
 * Finds a byte sequence as Horspool did it: most of the bytes are not looked at, which is ten times as fast as looking for
 * its first byte.
 */
class Needle {
  readonly length: number;
  readonly #bytes: Uint8Array;
  /** How far it may be moved on, by the byte that stands at its end. */
  readonly #shifts: Uint32Array;

  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.#bytes = bytes;
    this.#shifts = new Uint32Array(256).fill(bytes.length);
    for (let i = 0; i < bytes.length - 1; i++) this.#shifts[bytes[i]!] = bytes.length - 1 - i;
  }

  /** Where it stands first; -1 where it does not. */
  findIn(bytes: Uint8Array): number {
    const last = this.length - 1;
    for (let at = 0; at + last < bytes.length; at += this.#shifts[bytes[at + last]!]!) {
      let i = last;
      while (i >= 0 && bytes[at + i] === this.#bytes[i]) i--;
      if (i < 0) return at;
    }
    return -1;
  }

  /** Where at the end of `bytes` it may have begun; their length where it has not. */
  beginIn(bytes: Uint8Array): number {
    for (let at = Math.max(0, bytes.length - this.length + 1); at < bytes.length; at++) {
      let i = 0;
      while (at + i < bytes.length && bytes[at + i] === this.#bytes[i]) i++;
      if (at + i === bytes.length) return at;
    }
    return bytes.length;
  }
}

function parseHeaders(text: string): { name: string; filename: string | undefined } {
  const line = text.split("\r\n").find((header) => /^content-disposition:/i.test(header)) ?? "";
  const parameters = parametersOf(line);
  const name = parameters.get("name");
  if (!/^content-disposition:\s*form-data\b/i.test(line) || name === undefined) {
    throw malformed("a part without a name");
  }
  return { name, filename: parameters.get("filename") };
}

/** Parameters of a header by their names, from left to right: what stands within quotes is no parameter. */
function parametersOf(header: string): ReadonlyMap<string, string> {
  const found = header.matchAll(/;\s*([\w-]+\*?)=(?:"([^"]*)"|([^\s;"]*))/g);
  return new Map([...found].map(([, name, quoted, plain]) => [name!.toLowerCase(), quoted ?? plain!]));
}

function malformed(found: string) {
  return serverError("BAD_REQUEST", `Cannot read multipart request: found ${found}, wanted multipart/form-data`);
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
