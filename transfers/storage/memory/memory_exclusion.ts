import { KeyedTurns } from "../../keyed_turns.ts";
import type { Exclusion } from "../ports.ts";

interface Candidate {
  readonly begin: () => void;
}

/** What only one at a time may do in one process. Whoever is alone leads at once. */
export class MemoryExclusion implements Exclusion {
  readonly #turns = new KeyedTurns();
  /** By task, the one that leads first. */
  readonly #candidates = new Map<string, Candidate[]>();

  inTurn<T>(key: string, call: () => Promise<T>): Promise<T> {
    return this.#turns.take(key, call);
  }

  lead(task: string, run: (lost: AbortSignal) => Promise<void>): AsyncDisposable {
    const lost = new AbortController();
    let running: Promise<void> = Promise.resolve();
    const candidates = this.#candidates.get(task) ?? [];
    this.#candidates.set(task, candidates);
    const candidate = { begin: () => void (running = run(lost.signal)) };
    candidates.push(candidate);
    if (candidates[0] === candidate) candidate.begin();
    return {
      async [Symbol.asyncDispose]() {
        const place = candidates.indexOf(candidate);
        if (place < 0) return;
        lost.abort();
        await running;
        candidates.splice(candidates.indexOf(candidate), 1);
        if (place === 0) candidates[0]?.begin();
      },
    };
  }
}
