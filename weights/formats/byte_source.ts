/**
 * Bytes that are read by position, so that a file of 553 MB need never be in memory at once.
 *
 * @module
 */
import { basename } from "node:path";
import { GramcastError } from "../../errors.ts";

/** Something with bytes that can be read at any position. Reads block: they come from a local file, a few megabytes each. */
export interface ByteSource {
  /** Name without its folder, for messages. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /**
   * Fills `target` with the bytes from `offset` on.
   *
   * @throws {GramcastError} WEIGHTS_UNREADABLE when the source ends before that.
   */
  readInto(offset: number, target: Uint8Array): void;
}

/** An error that says which file is wrong, in what, and what it should be. */
export function unreadable(file: string, found: string, wanted: string, cause?: unknown): GramcastError {
  return new GramcastError("WEIGHTS_UNREADABLE", `Cannot read weights ${file}: ${found}, wanted ${wanted}`, { cause });
}

/** `length` bytes from `offset` on, in a new array. Nothing is allocated for bytes that the source does not have. */
export function readBytes(source: ByteSource, offset: number, length: number): Uint8Array<ArrayBuffer> {
  checkRange(source, offset, length);
  const bytes = new Uint8Array(length);
  source.readInto(offset, bytes);
  return bytes;
}

/** One character for each byte. (`TextDecoder("latin1")` is windows-1252 by decree.) For short texts. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function checkRange(source: ByteSource, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size)) {
    throw unreadable(source.name, `it ends at byte ${source.size}`, `${length} bytes from byte ${offset} on`);
  }
}

/** Bytes that are in memory already. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #bytes: Uint8Array;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  readInto(offset: number, target: Uint8Array): void {
    checkRange(this, offset, target.length);
    target.set(this.#bytes.subarray(offset, offset + target.length));
  }
}

/** An open file. Dispose of it, or it stays open. */
export class FileSource implements ByteSource, Disposable {
  readonly name: string;
  readonly size: number;
  readonly #file: Deno.FsFile;

  /** @throws {GramcastError} WEIGHTS_UNREADABLE when there is no such file or it may not be read. */
  constructor(path: string) {
    this.name = basename(path);
    let file: Deno.FsFile | undefined;
    try {
      // Before it is opened: to open a pipe waits for somebody who writes, and some devices act on it.
      if (!Deno.statSync(path).isFile) throw unreadable(this.name, "it is not a regular file", "a file");
      file = Deno.openSync(path, { read: true });
      this.size = file.statSync().size;
    } catch (error) {
      file?.close();
      if (error instanceof GramcastError) throw error;
      throw unreadable(this.name, describe(error), "a file that can be read", error);
    }
    this.#file = file;
  }

  readInto(offset: number, target: Uint8Array): void {
    checkRange(this, offset, target.length);
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    for (let filled = 0; filled < target.length;) {
      const count = this.#file.readSync(target.subarray(filled));
      // A file that another program shortens while it is read.
      if (count === null) throw unreadable(this.name, `it ends at byte ${offset + filled}`, `${this.size} bytes`);
      filled += count;
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function describe(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "it may not be read";
  }
  return "it cannot be opened";
}
