/** Milliseconds without a change before the server is asked. */
const QUIET_MS = 200;

/** Asks once nothing has changed for a moment; of what was asked before, no answer comes any more. */
export class NewestQuestion {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  /** @param work Asks with the signal, which says when the answer is no longer wanted. */
  ask<Answer>(
    work: (signal: AbortSignal) => Promise<Answer>,
    onAnswer: (answer: Answer) => void,
    onError: (error: unknown) => void,
  ): void {
    this.drop();
    const { signal } = this.#asking = new AbortController();
    this.#timer = setTimeout(async () => {
      try {
        const answer = await work(signal);
        if (!signal.aborted) onAnswer(answer);
      } catch (error) {
        if (!signal.aborted) onError(error);
      }
    }, QUIET_MS);
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }
}
