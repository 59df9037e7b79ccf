import type { Clock, Delay } from "../clock.ts";
import type { Launch } from "./engine_process.ts";
import { EngineSession, type SessionOptions } from "./engine_session.ts";
import { ENGINE_CLOSED, errorOf } from "./failure.ts";
import { Turns } from "../turns.ts";

/**
 * Bytes of memory that a process that classifies may take: fc6–fc8 are 495 MB, fc6 twice while
 * it is brought from another layout.
 */
export const CLASSIFIER_MEMORY_BYTES = 2 ** 31;
/** Milliseconds after the last answer until the process ends: reading the weights anew takes it a second or two. */
const IDLE_MILLISECONDS = 30_000;

/**
 * Classifies in a process of its own, which is there only while it is asked for: fc6–fc8 are never in the memory of a
 * process that transfers run in, so that no classification can end one.
 */
export class Classifier {
  readonly #launch: () => Launch;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  /** One picture at a time. */
  readonly #turns = new Turns();
  #session: EngineSession | null = null;
  /** Begins anew with each answer. */
  #idle: Delay | null = null;
  #closed = false;

  /**
   * @param launch How a process is started that has all layers.
   * @param options Of that process; `memoryBytes` is that of transfers and does not count.
   */
  constructor(launch: () => Launch, options: SessionOptions) {
    this.#launch = launch;
    this.#options = { ...options, memoryBytes: CLASSIFIER_MEMORY_BYTES };
    this.#clock = options.clock;
  }

  /**
   * ImageNet probabilities (1000).
   *
   * @param rgb As for `Engine.classify`.
   * @throws {GramcastError} Why the process could not start, or what became of it.
   */
  async classify(rgb: Uint8Array): Promise<Float32Array> {
    return await this.#turns.take(async () => {
      this.#stopIdling();
      const session = await this.#open();
      try {
        return await session.classify(rgb);
      } finally {
        if (this.#session === session) this.#endLater(session);
      }
    });
  }

  /** Ends it at once; who waits for it is told so. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopIdling();
    await this.#session?.end(ENGINE_CLOSED);
  }

  async #open(): Promise<EngineSession> {
    if (this.#closed) throw errorOf(ENGINE_CLOSED);
    if (this.#session !== null) return this.#session;
    const session = this.#session = new EngineSession(this.#launch(), this.#options);
    void session.ended.then(() => {
      if (this.#session === session) this.#session = null;
    });
    const greeting = await session.greeting();
    if ("failure" in greeting) throw errorOf(greeting.failure);
    return session;
  }

  #stopIdling(): void {
    const idle = this.#idle;
    this.#idle = null;
    idle?.[Symbol.dispose]();
  }

  #endLater(session: EngineSession): void {
    const idle = this.#idle = this.#clock.delay(IDLE_MILLISECONDS);
    void idle.done.then(() => {
      if (this.#idle !== idle) return;
      this.#session = null;
      void session.end(ENGINE_CLOSED);
    });
  }
}
