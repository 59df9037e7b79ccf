import { Turns } from "../turns.ts";
import { encodeMessage } from "./framing.ts";

/**
 * The one way to write messages to a stream: each goes out whole, in the order of the calls, however many callers there
 * are. Nothing is copied, and no more is handed to the stream than it takes.
 */
export class MessageWriter<T> {
  readonly #stream: WritableStreamDefaultWriter<Uint8Array>;
  readonly #turns = new Turns();

  /** Locks the stream. */
  constructor(stream: WritableStream<Uint8Array>) {
    this.#stream = stream.getWriter();
  }

  /**
   * Resolves when the stream has taken the whole message: true, or false where it is closed or broken.
   *
   * @throws {TypeError} For a header that is no JSON, or too long; then nothing was written.
   */
  async write(header: T, parts: readonly (Uint8Array | null)[] = []): Promise<boolean> {
    const chunks = encodeMessage(header, parts);
    return await this.#turns.take(async () => {
      try {
        for (const chunk of chunks) await this.#stream.write(chunk);
        return true;
      } catch {
        return false;
      }
    });
  }

  /** Closes the stream; one that is broken already is let go. */
  async close(): Promise<void> {
    await this.#stream.close().catch(() => {});
  }
}
