import { LAST_ENGINE } from "../../engine/backends/engines.ts";

/** Milliseconds before a process is started again: so many after the first loss, twice as many after each further one. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 30_000;
/** Losses in a row after which another engine is to try. */
const LOSSES_OF_AN_ENGINE = 2;

/** When an engine process is started again after it was lost, and which engines had better not be chosen then. */
export class RestartPolicy {
  /** In a row, without a step between them. */
  #losses = 0;
  readonly #avoided = new Set<string>();

  /** Milliseconds before the next start. */
  get pause(): number {
    return this.#losses === 0 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#losses - 1));
  }

  /** Engines whose device has failed, or is too small for the transfer. */
  get avoided(): readonly string[] {
    return [...this.#avoided];
  }

  /** A process is gone. @param engine What it computed with; left out where it did not say so. */
  lost(engine?: string): void {
    this.#losses++;
    if (engine !== undefined && engine !== LAST_ENGINE && this.#losses >= LOSSES_OF_AN_ENGINE) this.avoid(engine);
  }

  avoid(engine: string): void {
    this.#avoided.add(engine);
  }

  stepTaken(): void {
    this.#losses = 0;
  }

  /** The next transfer may be smaller: all engines may be chosen again. */
  forgive(): void {
    this.#avoided.clear();
  }
}
