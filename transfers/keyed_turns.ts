import { Turns } from "./turns.ts";

/** Lets calls of one key run one after another; those of other keys do not wait for them. */
export class KeyedTurns {
  readonly #turns = new Map<string, Turns>();

  /** Runs a call when those of its key before it have settled, and answers what it answers. */
  async take<T>(key: string, call: () => Promise<T>): Promise<T> {
    let turns = this.#turns.get(key);
    if (turns === undefined) this.#turns.set(key, turns = new Turns());
    try {
      return await turns.take(call);
    } finally {
      if (turns.count === 0 && this.#turns.get(key) === turns) this.#turns.delete(key);
    }
  }
}
