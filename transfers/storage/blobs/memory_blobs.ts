// The port answers with promises and memory at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import { type Clock, SystemClock } from "../../clock.ts";
import { PIECE_BYTES } from "../../file_pieces.ts";
import { type BlobEntry, type BlobStore, type ByteRange, checkKey, clipped } from "./ports.ts";

/** Blobs in the memory of one process; forgotten at exit. */
export class MemoryBlobs implements BlobStore {
  readonly #blobs = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly at: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock = new SystemClock()) {
    this.#clock = clock;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    this.#blobs.set(key, { bytes: new Uint8Array(bytes), at: this.#clock.elapsed() });
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    checkKey(key);
    return this.#blobs.get(key)?.bytes.slice() ?? null;
  }

  async stream(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | null> {
    const bytes = await this.get(key);
    if (bytes === null) return null;
    const { start, end } = clipped(range, bytes.length);
    return ReadableStream.from(piecesOf(bytes.subarray(start, end)));
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    this.#blobs.delete(key);
  }

  async *list(prefix: string): AsyncGenerator<BlobEntry> {
    for (const [key, { bytes, at }] of this.#blobs) {
      if (key.startsWith(prefix)) yield { key, bytes: bytes.length, age: this.#clock.elapsed() - at };
    }
  }

  async sweep(): Promise<void> {}

  async presign(): Promise<null> {
    return null;
  }

  async close(): Promise<void> {}
}

function* piecesOf(bytes: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) yield bytes.subarray(start, start + PIECE_BYTES);
}
