/**
 * Where pictures, frames and checkpoints lie when several servers share a database: its rows point to them by key.
 * `folder_blobs.ts` keeps them in a folder that all of the servers see, `s3_blobs.ts` in a store that speaks S3's
 * protocol; `memory_blobs.ts` forgets them, for tests.
 *
 * A blob is there before a row points to it, and the row goes before its blob; so whatever stops whenever, a row has its
 * blob, and what no row points to is removed by `orphans.ts`. That takes a key for a single put, repeats of it with the
 * same bytes included, and a row that points to it within an hour: whoever is later than that puts the bytes
 * again under another key. Where nobody knows whether the row was written, the blob stays: it is an orphan, or none.
 *
 * @module
 */

/** Bytes from `start` to before `end`, as far as there are such. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface BlobEntry {
  readonly key: string;
  /** How many there are in it. */
  readonly bytes: number;
  /** Milliseconds since it was put, by the store's own clock: that of a server may be an hour off. */
  readonly age: number;
}

/** How a browser is to take what a link leads to. */
export interface LinkOptions {
  /** For which the link is good, from now. */
  readonly seconds: number;
  readonly contentType: string;
  /** What it is called where it is saved, of letters, digits, `.`, `_` and `-`; null where it is to be shown. */
  readonly fileName: string | null;
}

/**
 * Every method throws {GramcastError} STORAGE_UNAVAILABLE where the store cannot be reached or will not have it, and a
 * plain error for what is no key.
 */
export interface BlobStore {
  /**
   * Keeps bytes. When it resolves they are there for every server and stay there when the power fails; until then they are
   * not there at all. Doing it again changes nothing but their age.
   *
   * @throws {GramcastError} STORAGE_FULL
   */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** What was put, compared with the checksum that lies with it. Null where it is missing or damaged; the log says which. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /**
   * Reads it piece by piece, each when it is asked for; to be read to the end or cancelled. Where the whole is not what was
   * put, the stream fails with STORAGE_UNREADABLE before its last piece, and where the rest cannot be had, with
   * STORAGE_UNAVAILABLE.
   *
   * @returns Null where it is missing.
   */
  stream(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | null>;
  /** Removes it, where it is there. */
  remove(key: string): Promise<void>;
  /** What there is under keys that begin with `prefix`, in any order. It may lack what is new and have what is gone. */
  list(prefix: string): AsyncIterable<BlobEntry>;
  /** Removes what interrupted puts have left, once nobody is at them any more. */
  sweep(): Promise<void>;
  /** An address from which whoever has it gets the bytes without a server of ours; null where there is none. */
  presign(key: string, options: LinkOptions): Promise<string | null>;
  /** Lets go of connections; nothing may be under way. */
  close(): Promise<void>;
}

/** Milliseconds after which nobody is at a put any more. */
export const LEFTOVER_MILLISECONDS = 24 * 60 * 60 * 1000;

/** What is between the slashes of a key. */
export const SEGMENT = "[a-z0-9_-][a-z0-9._-]{0,199}";
const KEY = new RegExp(`^(?=.{1,512}$)${SEGMENT}(/${SEGMENT})*$`);

/**
 * Refuses what is no key: segments of `a-z`, `0-9`, `.`, `_` and `-` with a slash between, none beginning with a dot, 512
 * characters at most. No key may be a folder of another.
 */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new Error(`Cannot use "${key}" as a key of a blob`);
}

export function isKey(text: string): boolean {
  return KEY.test(text);
}

/** The part of `range` that is in so many bytes. */
export function clipped(range: ByteRange | undefined, bytes: number): ByteRange {
  const start = Math.min(range?.start ?? 0, bytes);
  return { start, end: Math.max(start, Math.min(range?.end ?? bytes, bytes)) };
}
