import { join } from "node:path";
import { GramcastError } from "../errors.ts";
import { readPieces, writePieces } from "../transfers/file_pieces.ts";
import { Turns } from "../transfers/turns.ts";
import { ByteBudget, type Lease } from "./byte_budget.ts";

/** Bytes that are read in one go. */
const PIECE_BYTES = 2 ** 16;

/** Where on the disk what is large waits while it comes in or goes out, so that it takes no memory. */
export class Spool {
  readonly budget: ByteBudget;
  readonly #folder: string;

  /**
   * @param folder Made when it is needed.
   * @param maxBytes All that may wait there at a time.
   */
  constructor(folder: string, maxBytes: number) {
    this.budget = new ByteBudget(maxBytes);
    this.#folder = folder;
  }

  /** A file that has no name any more where the system allows that, so that nothing is left whatever happens. */
  async open(): Promise<SpoolFile> {
    const path = join(this.#folder, crypto.randomUUID());
    try {
      await Deno.mkdir(this.#folder, { recursive: true });
      const file = await Deno.open(path, { read: true, write: true, createNew: true });
      const removed = await Deno.remove(path).then(() => true, () => false);
      return new SpoolFile(file, this.budget.lease(), removed ? null : path);
    } catch (cause) {
      throw unwritable(cause);
    }
  }
}

/** A file that grows at its end, and is read anywhere. */
export class SpoolFile {
  readonly #file: Deno.FsFile;
  readonly #lease: Lease;
  readonly #path: string | null;
  readonly #turns = new Turns();
  #position = 0;

  /** @param path Where it still has a name. */
  constructor(file: Deno.FsFile, lease: Lease, path: string | null) {
    this.#file = file;
    this.#lease = lease;
    this.#path = path;
  }

  /**
   * Adds bytes, and answers where they begin; false where all files together would become too long.
   *
   * @throws {GramcastError} STORAGE_FULL
   */
  async append(bytes: Uint8Array): Promise<number | false> {
    const at = this.#lease.held;
    if (!this.#lease.hold(at + bytes.byteLength)) return false;
    await this.#turns.take(async () => {
      try {
        await this.#seek(at);
        await writePieces(this.#file, bytes);
        this.#position += bytes.byteLength;
      } catch (cause) {
        throw unwritable(cause);
      }
    });
    return at;
  }

  async read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    await this.#turns.take(async () => {
      await this.#seek(at);
      if (await readPieces(this.#file, bytes) < length) throw new Error("A spooled file is shorter than it was");
      this.#position += length;
    });
    return bytes;
  }

  /** Reads piece by piece, each when it is asked for. */
  async *pieces(at: number, length: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for (let done = 0; done < length; done += PIECE_BYTES) {
      yield await this.read(at + done, Math.min(PIECE_BYTES, length - done));
    }
  }

  /** Frees what is behind a position; nobody reads that any more. */
  async cut(at: number): Promise<void> {
    await this.#turns.take(async () => {
      await this.#file.truncate(at);
      this.#lease.hold(at);
    });
  }

  /** Ends it when what is under way is done. */
  async close(): Promise<void> {
    await this.#turns.take(async () => {
      this.#file.close();
      this.#lease.hold(0);
      if (this.#path !== null) await Deno.remove(this.#path).catch(() => {});
    });
  }

  async #seek(at: number): Promise<void> {
    if (this.#position !== at) this.#position = await this.#file.seek(at, Deno.SeekMode.Start);
  }
}

function unwritable(cause: unknown): GramcastError {
  return new GramcastError("STORAGE_FULL", "Cannot take this in: found no room on the server's disk, wanted some", {
    cause,
  });
}
