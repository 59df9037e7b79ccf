/**
 * Fetches one large file over HTTP and puts it in place only when it is whole.
 *
 * @module
 */
import { dirname } from "node:path";
import { GramcastError } from "../errors.ts";
import { FileSource } from "./formats/byte_source.ts";
import { hashSource } from "./read_parameters.ts";

/** What is fetched, and how to know that it is right. */
export interface RemoteFile {
  readonly url: string;
  /** Exact size, or null when it is not known. */
  readonly bytes: number | null;
  /** In hexadecimal, or null when it is not known. */
  readonly md5: string | null;
}

/** A file being written: `Deno.FsFile` is one. */
export interface WritableFile {
  write(bytes: Uint8Array): Promise<number>;
  truncate(length?: number): Promise<void>;
  seek(offset: number, whence: Deno.SeekMode): Promise<number>;
  sync(): Promise<void>;
  close(): void;
}

export interface DownloadOptions {
  /** Told after each piece: bytes so far, and in all where that is known. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Ends the download; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the host must have begun to answer, 5000 unless told. */
  readonly answerTimeout?: number;
  /** Milliseconds without a byte after which a connection counts as broken, 30 000 unless told. */
  readonly stallTimeout?: number;
  /** Waits between attempts; a timer unless told. */
  readonly pause?: (milliseconds: number) => Promise<void>;
  /** Opens the temporary file; `Deno.open` unless told. */
  readonly openFile?: (path: string) => Promise<WritableFile>;
}

const ATTEMPTS = 5;
const MAX_BYTES = 2 ** 31;

/**
 * Downloads to `target` by way of `target.part`. A broken connection is taken up again where it broke, four times at
 * most; a host that does not answer at all is given up after five seconds.
 *
 * @throws {GramcastError} WEIGHTS_UNAVAILABLE, or STORAGE_FULL; the temporary file is gone then.
 */
export async function download(remote: RemoteFile, target: string, options: DownloadOptions = {}): Promise<void> {
  const temporary = `${target}.part`;
  await Deno.mkdir(dirname(target), { recursive: true });
  try {
    await fetchInto(remote, temporary, options);
    await verify(remote, temporary);
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    if (isDiskFull(error)) {
      const wanted = remote.bytes === null ? "room" : `room for ${remote.bytes} bytes`;
      throw new GramcastError("STORAGE_FULL", `Cannot keep weights: the disk is full, wanted ${wanted}`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** A connection that broke, or a host that is busy: worth another attempt. */
class Interrupted extends Error {}

interface Progress {
  done: number;
  /** Identifies the edition of the file, so that two are never pasted together. */
  etag: string | null;
}

async function fetchInto(remote: RemoteFile, path: string, options: DownloadOptions): Promise<void> {
  const open = options.openFile ?? ((at: string) => Deno.open(at, { write: true, create: true, truncate: true }));
  const pause = options.pause ??
    ((milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds)));
  const file = await open(path);
  try {
    const progress: Progress = { done: 0, etag: null };
    for (let attempt = 1;; attempt++) {
      try {
        await fetchRest(remote, file, progress, options);
        break;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof Interrupted)) throw error;
        if (attempt === ATTEMPTS) throw unavailable(remote, `it broke off ${ATTEMPTS} times`, "the whole file", error);
      }
      await pause(250 * 2 ** attempt);
    }
    await file.sync();
  } finally {
    file.close();
  }
}

/** One connection: asks for what is still missing and writes it. */
async function fetchRest(
  remote: RemoteFile,
  file: WritableFile,
  progress: Progress,
  options: DownloadOptions,
): Promise<void> {
  using watch = new Watch(options.signal);
  const response = await request(remote, progress, watch, options.answerTimeout ?? 5000);
  const reader = response.body?.getReader();
  try {
    if (response.status !== 206 || progress.done === 0) {
      progress.done = 0;
      progress.etag = response.headers.get("etag");
      await file.truncate(0);
    }
    await file.seek(progress.done, Deno.SeekMode.Start);
    const total = checkLength(remote, response, progress.done);
    for (;;) {
      watch.start(options.stallTimeout ?? 30_000);
      const piece = await reader?.read().catch((error) => {
        throw new Interrupted("the connection broke", { cause: error });
      });
      if (!piece || piece.done) break;
      if (progress.done + piece.value.length > (total ?? MAX_BYTES)) {
        throw unavailable(remote, "it goes on and on", `${total ?? `at most ${MAX_BYTES}`} bytes`);
      }
      for (let written = 0; written < piece.value.length;) {
        const count = await file.write(piece.value.subarray(written));
        written += count;
        progress.done += count;
      }
      options.onProgress?.(progress.done, total);
    }
    if (total !== null && progress.done < total) throw new Interrupted(`it ended at byte ${progress.done}`);
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

async function request(remote: RemoteFile, progress: Progress, watch: Watch, timeout: number): Promise<Response> {
  const headers = new Headers({ "accept-encoding": "identity" });
  if (progress.done > 0) {
    headers.set("range", `bytes=${progress.done}-`);
    if (progress.etag) headers.set("if-range", progress.etag);
  }
  watch.start(timeout);
  let response: Response;
  try {
    response = await fetch(withoutFragment(remote.url), { headers, signal: watch.signal });
  } catch (error) {
    // Before the first byte the host is out of reach, and that is known now; later the connection may come back.
    if (progress.done > 0) throw new Interrupted("the host does not answer", { cause: error });
    throw unavailable(remote, "it is out of reach", "an answer within 5 seconds", error);
  }
  if (response.status === 200) return response;
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  if (response.status === 206 && Number(range?.[1]) === progress.done) return response;
  await response.body?.cancel();
  if (response.status >= 500 || response.status === 429) throw new Interrupted(`it answered ${response.status}`);
  if (progress.done > 0) {
    progress.done = 0;
    throw new Interrupted("it does not go on where it broke off");
  }
  throw unavailable(remote, `it answered ${response.status}`, "200");
}

/** Size of the whole file, by what the host says and what is known. */
function checkLength(remote: RemoteFile, response: Response, done: number): number | null {
  const header = response.headers.get("content-length");
  const total = header === null ? null : done + Number(header);
  if (remote.bytes !== null && total !== null && total !== remote.bytes) {
    throw unavailable(remote, `its file has ${total} bytes`, String(remote.bytes));
  }
  if (total !== null && total > MAX_BYTES) {
    throw unavailable(remote, `its file has ${total} bytes`, `at most ${MAX_BYTES}`);
  }
  return remote.bytes ?? total;
}

async function verify(remote: RemoteFile, path: string): Promise<void> {
  if (remote.md5 === null) return;
  using source = new FileSource(path);
  const md5 = await hashSource(source, "md5");
  if (md5 !== remote.md5) throw unavailable(remote, `its file has the md5 ${md5}`, remote.md5);
}

function unavailable(remote: RemoteFile, found: string, wanted: string, cause?: unknown): GramcastError {
  const { host } = new URL(remote.url);
  return new GramcastError("WEIGHTS_UNAVAILABLE", `Cannot download weights from ${host}: ${found}, wanted ${wanted}`, {
    cause,
  });
}

function withoutFragment(url: string): string {
  const plain = new URL(url);
  plain.hash = "";
  return plain.href;
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error &&
    ((error as { code?: unknown }).code === "ENOSPC" || /os error 28\b/.test(error.message));
}

/** Aborts when nothing happens for a while, or when another signal does. */
class Watch implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #abort = () => this.#controller.abort(this.#outer?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener("abort", this.#abort);
    if (outer?.aborted) this.#abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins to wait anew. */
  start(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(new Error("nothing came")), milliseconds);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#abort);
  }
}
