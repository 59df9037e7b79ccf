import { join } from "node:path";
import { GramcastError } from "../../../errors.ts";
import { readPieces } from "../../file_pieces.ts";
import { type Log, oneLine } from "../../log.ts";
import { writeDurably } from "../durable_file.ts";
import type { Database } from "./database.ts";
import { storageError } from "./storage_error.ts";

/** Where a row says that its bytes are. */
export interface FilePointer {
  readonly file: string;
  readonly bytes: number;
}

/**
 * Files that rows of the database point to. Each is written once, under a name of its own, and counts from the moment
 * that a row points to it; it is removed when that no longer does is on the disk. So whatever stops whenever, every row
 * has its file, and what no row points to is removed at the next start.
 */
export class FileFolder {
  readonly #path: string;
  readonly #database: Database;
  readonly #log: Log;

  constructor(path: string, database: Database, log: Log) {
    this.#path = path;
    this.#database = database;
    this.#log = log;
  }

  /**
   * Keeps bytes durably.
   *
   * @param point Makes a row point to the new file, in a transaction. Answers the files that no row points to any more,
   *   the new one among them when it is not wanted after all.
   * @throws {GramcastError} STORAGE_FULL; then nothing has changed.
   */
  async keep(bytes: Uint8Array, point: (pointer: FilePointer) => readonly string[]): Promise<void> {
    const file = await this.#write(bytes);
    let unneeded: readonly string[];
    try {
      unneeded = await this.#database.transaction(() => point({ file, bytes: bytes.byteLength }));
    } catch (error) {
      await this.#remove([file]);
      throw error;
    }
    await this.#discard(unneeded);
  }

  /**
   * Removes rows and then the files that they pointed to. On a full disk the files go first: rows cannot be removed
   * without some room.
   *
   * @param pointed Looks up those files.
   * @param release Removes the rows, in the same transaction.
   */
  async release<T>(pointed: () => readonly string[], release: () => T): Promise<T> {
    let files: readonly string[] = [];
    const transaction = () =>
      this.#database.transaction(() => {
        files = pointed();
        return release();
      });
    let result: T;
    try {
      result = await transaction();
    } catch (error) {
      if (!(error instanceof GramcastError) || error.code !== "STORAGE_FULL") throw error;
      await this.#remove(files);
      result = await transaction();
    }
    await this.#discard(files);
    return result;
  }

  /**
   * Bytes that a row points to, also when the row changes and its old file is removed meanwhile.
   *
   * @param lookUp Reads the row.
   * @returns Null when there is no row, or its file is missing or not as long as it should be.
   */
  async read(lookUp: () => FilePointer | undefined): Promise<Uint8Array<ArrayBuffer> | null> {
    using file = await this.open(lookUp);
    if (file === null) return null;
    const bytes = new Uint8Array((await file.stat()).size);
    await readPieces(file, bytes);
    return bytes;
  }

  /** As `read`, but the open file. */
  async open(lookUp: () => FilePointer | undefined): Promise<Deno.FsFile | null> {
    for (let seen: string | null = null;;) {
      const pointer = lookUp();
      if (pointer === undefined || pointer.file === seen) return null;
      const file = await Deno.open(join(this.#path, pointer.file)).catch((error) => {
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      });
      if (file && (await file.stat()).size === pointer.bytes) return file;
      file?.close();
      seen = pointer.file;
    }
  }

  /**
   * Removes what a stop left: temporary files, and those that no row points to.
   *
   * @param pointed Those that rows point to.
   */
  async sweep(pointed: ReadonlySet<string>): Promise<void> {
    for await (const { name } of Deno.readDir(this.#path)) if (!pointed.has(name)) await this.#remove([name]);
  }

  async #write(bytes: Uint8Array): Promise<string> {
    const name = crypto.randomUUID();
    try {
      await writeDurably(this.#path, name, [bytes]);
      return name;
    } catch (error) {
      await this.#remove([name]);
      throw storageError(error);
    }
  }

  /** Removes files once it is on the disk that no row points to them. One that stays is removed at the next start. */
  async #discard(names: readonly string[]): Promise<void> {
    if (await this.#database.flush()) await this.#remove(names);
  }

  async #remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await Deno.remove(join(this.#path, name)).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) this.#log.warn(`Cannot remove a file: ${oneLine(error)}`);
      });
    }
  }
}
