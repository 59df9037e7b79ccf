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
const BLANK_LINE = encode("\r\n\r\n");

/**
 * Reads a multipart/form-data body part by part while it arrives, so that no more of it is held, and none of it is looked
 * at for longer, than one piece off the network.
 *
 * @param boundary As the Content-Type header gives it.
 * @throws {GraphQLError} BAD_REQUEST when the body is not what it says it is, or ends early.
 */
export async function* readParts(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  boundary: string,
): AsyncGenerator<Part, void> {
  const delimiter = encode(`\r\n--${boundary}`);
  const scanner = new Scanner(body);
  try {
    await scanner.text(delimiter, MAX_PREAMBLE);
    while (await scanner.lineEnd()) {
      const header = parseHeaders(await scanner.text(BLANK_LINE, MAX_HEADERS));
      yield { ...header, pieces: scanner.until(delimiter) };
    }
  } finally {
    await scanner.cancel();
  }
}

/** Finds byte sequences in a stream. */
class Scanner {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** The first delimiter stands at the start of a line too, the one that begins the body. */
  #buffer: Uint8Array<ArrayBuffer> = CRLF;

  constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = body.getReader();
  }

  /** What comes before `delimiter`, in pieces; the delimiter is skipped. */
  async *until(delimiter: Uint8Array): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for (;;) {
      const at = find(this.#buffer, delimiter);
      const end = at >= 0 ? at : Math.max(0, this.#buffer.length - delimiter.length + 1);
      const piece = this.#buffer.subarray(0, end);
      this.#buffer = this.#buffer.subarray(at >= 0 ? at + delimiter.length : end);
      if (piece.length > 0) yield piece;
      if (at >= 0) return;
      await this.#fill();
    }
  }

  /** As `until`, as text of at most `limit` bytes. */
  async text(delimiter: Uint8Array, limit: number): Promise<string> {
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
    await this.#reader.cancel().catch(() => {});
  }

  async #fill(): Promise<void> {
    const { done, value } = await this.#reader.read();
    if (done) throw malformed("its end before the last boundary");
    const joined = new Uint8Array(this.#buffer.length + value.length);
    joined.set(this.#buffer);
    joined.set(value, this.#buffer.length);
    this.#buffer = joined;
  }
}

function find(bytes: Uint8Array, wanted: Uint8Array): number {
  const first = wanted[0]!;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let length = 1;
    while (length < wanted.length && bytes[at + length] === wanted[length]) length++;
    if (length === wanted.length) return at;
  }
  return -1;
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
