/** Least milliseconds between two notices of a transfer's progress. */
export const PROGRESS_MILLISECONDS = 10_000;

/** When the progress of a run is told: at its first step, and then now and then. */
export class ProgressPace {
  #told = -Infinity;

  /** Whether it is to be told now; then it is taken to be. */
  isDue(now: number): boolean {
    if (now - this.#told < PROGRESS_MILLISECONDS) return false;
    this.#told = now;
    return true;
  }
}
