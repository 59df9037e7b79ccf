import { basename, dirname, join, resolve } from "node:path";
import { GramcastError } from "../../../errors.ts";
import { PIECE_BYTES, readPieces } from "../../file_pieces.ts";
import type { Log } from "../../log.ts";
import { sha256Hex } from "../../sha256.ts";
import { syncNames, UNFINISHED, writeDurably } from "../durable_file.ts";
import { storageUnavailable } from "../unavailable.ts";
import { fileSymptom, isFull, writeFault } from "../write_fault.ts";
import { damageOf, type OpenBlob, type Pieces, readChecked, streamChecked } from "./checked.ts";
import {
  type BlobEntry,
  type BlobStore,
  type ByteRange,
  checkKey,
  clipped,
  LEFTOVER_MILLISECONDS,
  SEGMENT,
} from "./ports.ts";

/** At the end of each file: the SHA-256 of what is before it. */
const CHECKSUM_BYTES = 32;
/** How often a folder is made again that another server finds empty, and removes, before there is a file in it. */
const MOST_TRIES = 10;

/** Names of folders and files; a file server and a file system have others of their own beside them. */
const OURS = new RegExp(`^${SEGMENT}${UNFINISHED}?$`);

/** A file or folder as the file system has it. */
interface Found {
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/**
 * Blobs in a folder that several servers have, perhaps of a file server: each in a file of its own, the segments of its key
 * but the last being folders. A file has its name when it is whole and on the disk.
 */
export class FolderBlobs implements BlobStore {
  readonly #root: string;
  readonly #log: Log;

  private constructor(root: string, log: Log) {
    this.#root = root;
    this.#log = log;
  }

  /**
   * @param root A folder that is there. None is made: where a file server's is missing, that would be one on this machine.
   * @throws {GramcastError} STORAGE_UNAVAILABLE where there is none, or nothing can be written into it.
   */
  static async open(root: string, log: Log): Promise<FolderBlobs> {
    const blobs = new FolderBlobs(resolve(root), log);
    await blobs.#attempt("use", () => blobs.#now());
    return blobs;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    const path = join(this.#root, key);
    const parts = [bytes, Uint8Array.fromHex(await sha256Hex(bytes))];
    await this.#attempt("write to", async () => {
      for (let tries = 1;; tries++) {
        try {
          if (tries > 1) await Deno.mkdir(dirname(path), { recursive: true });
          await writeDurably(dirname(path), basename(path), parts);
          break;
        } catch (error) {
          if (!isMissing(error) || dirname(path) === this.#root || tries === MOST_TRIES) throw error;
          // Not the root: see open().
          await Deno.stat(this.#root);
        }
      }
      // Also those that were there: another server may have made them only just now.
      for (let folder = dirname(path); folder !== this.#root;) await syncNames(folder = dirname(folder));
    });
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const blob = await this.#open(key);
    if (blob === null) return null;
    const bytes = await readChecked(blob);
    if (bytes === null) this.#log.warn(damageOf(key));
    return bytes;
  }

  async stream(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | null> {
    const blob = await this.#open(key, range);
    return blob && streamChecked(key, blob);
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    const path = join(this.#root, key);
    await this.#attempt("write to", async () => {
      if (await unlessMissing(Deno.remove(path)) === null) await Deno.stat(this.#root);
    });
    await this.#removeEmpty(dirname(path));
  }

  async *list(prefix: string): AsyncGenerator<BlobEntry> {
    const now = await this.#attempt("write to", () => this.#now());
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    for await (const { path, info } of this.#walk(join(this.#root, folder))) {
      const key = path.slice(this.#root.length + 1).replaceAll("\\", "/");
      if (!info.isFile || !key.startsWith(prefix) || key.endsWith(UNFINISHED)) continue;
      yield { key, bytes: Math.max(0, info.size - CHECKSUM_BYTES), age: ageOf(info, now) };
    }
  }

  async sweep(): Promise<void> {
    const now = await this.#attempt("write to", () => this.#now());
    for await (const { path, info } of this.#walk(this.#root)) {
      if (info.isDirectory) await this.#removeEmpty(path);
      else if (path.endsWith(UNFINISHED) && ageOf(info, now) > LEFTOVER_MILLISECONDS) {
        await this.#attempt("write to", () => unlessMissing(Deno.remove(path)));
      }
    }
  }

  presign(): Promise<null> {
    return Promise.resolve(null);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #open(key: string, range?: ByteRange): Promise<OpenBlob | null> {
    checkKey(key);
    return await this.#attempt("read", async () => {
      const file = await unlessMissing(Deno.open(join(this.#root, key)));
      if (file === null) {
        // A folder that is not there at all has lost nothing.
        await Deno.stat(this.#root);
        return null;
      }
      using cleanup = new DisposableStack();
      cleanup.use(file);
      const { isFile, size } = await file.stat();
      if (!isFile) return null;
      const total = Math.max(0, size - CHECKSUM_BYTES);
      const { start, end } = clipped(range, total);
      const whole = end - start === total;
      const checksum = whole ? await checksumOf(file, total) : null;
      await file.seek(start, Deno.SeekMode.Start);
      cleanup.move();
      return { pieces: piecesOf(file, end - start), bytes: end - start, checksum };
    });
  }

  /** The file system's own time: a file server has another clock. */
  async #now(): Promise<number> {
    const path = join(this.#root, crypto.randomUUID() + UNFINISHED);
    try {
      using file = await Deno.open(path, { write: true, createNew: true });
      await file.write(new Uint8Array(1));
      await file.sync();
      return (await file.stat()).mtime?.getTime() ?? Date.now();
    } finally {
      await Deno.remove(path).catch(() => {});
    }
  }

  /** What is in a folder, and in those in it, each folder after what is in it. What goes meanwhile is passed over. */
  async *#walk(folder: string): AsyncGenerator<Found> {
    const names = await this.#attempt("read", async () => {
      try {
        return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
      } catch (error) {
        if (!isMissing(error) || folder === this.#root) throw error;
        return [];
      }
    });
    for (const name of names) {
      if (!OURS.test(name)) continue;
      const path = join(folder, name);
      const info = await this.#attempt("read", () => unlessMissing(Deno.stat(path)));
      if (info === null) continue;
      if (info.isDirectory) yield* this.#walk(path);
      yield { path, info };
    }
  }

  /** Removes a folder and those that it is in, as far as nothing else is in them. */
  async #removeEmpty(folder: string): Promise<void> {
    for (; folder !== this.#root; folder = dirname(folder)) {
      // The slash keeps it from removing a file. Whatever is in the way, an empty folder does no harm.
      if (!await Deno.remove(`${folder}/`).then(() => true, () => false)) return;
    }
  }

  async #attempt<T>(what: string, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw storeError(what, error);
    }
  }
}

/** In hexadecimal. */
async function checksumOf(file: Deno.FsFile, bytes: number): Promise<string> {
  await file.seek(bytes, Deno.SeekMode.Start);
  const checksum = new Uint8Array(CHECKSUM_BYTES);
  await readPieces(file, checksum);
  return checksum.toHex();
}

/** The next so many bytes of a file, as far as there are such. */
function piecesOf(file: Deno.FsFile, bytes: number): Pieces {
  let left = bytes;
  let open = true;
  return {
    async next() {
      try {
        const piece = new Uint8Array(Math.min(PIECE_BYTES, left));
        const count = await readPieces(file, piece);
        left -= count;
        return count === 0 ? null : piece.subarray(0, count);
      } catch (error) {
        throw storeError("read", error);
      }
    },
    close() {
      if (open) file.close();
      open = false;
    },
  };
}

function ageOf(info: Deno.FileInfo, now: number): number {
  return Math.max(0, now - (info.mtime?.getTime() ?? now));
}

/** Also where another machine has removed what this one still knows the name of, and where a key is taken for a folder. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && /NotFound|ENOENT|ESTALE|ENOTDIR|ENOTEMPTY/.test(fileSymptom(error));
}

async function unlessMissing<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Whatever the file system will not do is no bug: it may be another machine's. */
function storeError(what: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof GramcastError) return error;
  const symptom = fileSymptom(error);
  if (!("code" in error) && !(error.name in Deno.errors)) return error;
  const found = writeFault(symptom) ?? (isMissing(error) ? "no such folder" : symptom.trim());
  if (!isFull(symptom)) {
    return storageUnavailable(`Cannot ${what} BLOBS: found ${found}, wanted a folder to write in`, error);
  }
  const message = `Cannot ${what} BLOBS: found ${found}, wanted room to write in`;
  return new GramcastError("STORAGE_FULL", message, { cause: error });
}
