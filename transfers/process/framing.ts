/**
 * Messages on a byte stream between the server and an engine process: the length of a JSON header (uint32, little-endian),
 * the header, and after it the bytes that travel beside it, unchanged.
 *
 * @module
 */

/** A message and the byte arrays beside it; null for one that was left out. */
export interface Message<T> {
  readonly header: T;
  readonly parts: readonly (Uint8Array | null)[];
}

interface Envelope<T> {
  readonly header: T;
  readonly lengths: readonly (number | null)[];
}

/** A header is some JSON; a longer one is no header but stray output. */
const MAX_HEADER_BYTES = 2 ** 24;

/**
 * Encodes a message. The parts are answered as they are, not copied.
 *
 * @throws {TypeError} For a header that is no JSON, or longer than a reader takes.
 */
export function encodeMessage<T>(header: T, parts: readonly (Uint8Array | null)[]): Uint8Array[] {
  const envelope: Envelope<T> = { header, lengths: parts.map((part) => part === null ? null : part.length) };
  const json = new TextEncoder().encode(JSON.stringify(envelope));
  if (json.length > MAX_HEADER_BYTES) throw new TypeError(`Cannot write a message with ${json.length} bytes of header`);
  const head = new Uint8Array(4 + json.length);
  new DataView(head.buffer).setUint32(0, json.length, true);
  head.set(json, 4);
  return [head, ...parts.filter((part) => part !== null)];
}

/**
 * Reads messages until the stream ends; one that is cut off is as if it had never begun.
 *
 * @throws {TypeError} For bytes that are no message.
 */
export async function* readMessages<T>(stream: ReadableStream<Uint8Array>): AsyncGenerator<Message<T>> {
  const source = new ExactReader(stream);
  try {
    for (;;) {
      const length = await source.read(4);
      if (length === null) return;
      const headerBytes = new DataView(length.buffer).getUint32(0, true);
      if (headerBytes > MAX_HEADER_BYTES) {
        throw new TypeError(`Cannot read a message with ${headerBytes} bytes of header`);
      }
      const json = await source.read(headerBytes);
      if (json === null) return;
      const { header, lengths }: Envelope<T> = JSON.parse(new TextDecoder().decode(json));
      const parts: (Uint8Array | null)[] = [];
      for (const length of lengths) {
        const part = length === null ? null : await source.read(length);
        if (part === null && length !== null) return;
        parts.push(part);
      }
      yield { header, parts };
    }
  } finally {
    await source.cancel();
  }
}

/** Reads exactly as many bytes as asked for, whatever the chunks. */
class ExactReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Null where the stream ends before. */
  async read(length: number): Promise<Uint8Array | null> {
    const target = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#reader.read();
        if (done) return null;
        this.#rest = value as Uint8Array<ArrayBuffer>;
      }
      const taken = this.#rest.subarray(0, length - filled);
      target.set(taken, filled);
      filled += taken.length;
      this.#rest = this.#rest.subarray(taken.length);
    }
    return target;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
    this.#reader.releaseLock();
  }
}
