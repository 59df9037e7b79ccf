/** Those who want to be told that there may be something new. */
export class Wakes {
  readonly #wakes = new Set<() => void>();

  add(wake: () => void): Disposable {
    // One that is added twice is told twice, and each is taken away by its own disposal.
    const own = () => wake();
    this.#wakes.add(own);
    return { [Symbol.dispose]: () => void this.#wakes.delete(own) };
  }

  wake(): void {
    for (const wake of this.#wakes) wake();
  }
}
