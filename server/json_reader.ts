import { Turns } from "../transfers/turns.ts";
import { checkStructure, parseJson, tooMuch } from "./json.ts";
import type { Reading } from "./json_worker.ts";

/** Bytes up to which parsing takes a millisecond or two. */
const SHORT = 2 ** 16;
/** Bytes whose structure is looked at before the thread is asked: refusing them takes a millisecond, starting it fifty. */
const GLANCED = 2 ** 18;
/** Milliseconds after which a thread that nobody needs goes, with the memory that it has taken. */
const IDLE_MS = 5000;

/**
 * Reads JSON as it comes in. What is long is read by a thread of its own: megabytes of escaped characters would hold the
 * event loop for a tenth of a second.
 */
export class JsonReader {
  readonly #turns = new Turns();
  #worker: Worker | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param pieces UTF-8; where they are long they are gone afterwards.
   * @throws {GraphQLError} QUERY_TOO_COMPLEX
   * @throws {SyntaxError} When it is not JSON.
   */
  async read(pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<unknown> {
    const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (length <= SHORT) return parseJson(await new Blob([...pieces]).text());
    if (length <= GLANCED) checkStructure(await new Blob([...pieces]).text());
    // What has its buffer for itself goes over without being copied.
    const parts = pieces.map((piece) => piece.byteLength === piece.buffer.byteLength ? piece : new Uint8Array(piece));
    const reading = await this.#turns.take(() => this.#ask(parts));
    if ("value" in reading) return reading.value;
    throw reading.excess === null ? new SyntaxError() : tooMuch(reading.excess);
  }

  /** Ends the thread; it begins anew when it is needed. */
  close(): void {
    clearTimeout(this.#idle);
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #ask(parts: readonly Uint8Array<ArrayBuffer>[]): Promise<Reading> {
    clearTimeout(this.#idle);
    const worker = this.#worker ??= new Worker(new URL("./json_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: "none" },
    });
    const { promise, resolve, reject } = Promise.withResolvers<Reading>();
    worker.onmessage = ({ data }: MessageEvent<Reading>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.close();
      reject(new Error(event.message));
    };
    worker.postMessage(parts, parts.map(({ buffer }) => buffer));
    const reading = await promise;
    this.#idle = setTimeout(() => this.close(), IDLE_MS);
    return reading;
  }
}
