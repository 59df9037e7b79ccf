/** Keys of requests that have not been answered: pressing again must not start the same twice. */
export class RequestKey {
  #pending: { readonly body: string; readonly key: string } | undefined;

  /** The key for an input; the same for the same until it is answered. */
  for(input: unknown): string {
    const body = JSON.stringify(input);
    // randomUUID() is missing on a plain-http address that is not this machine's.
    if (this.#pending?.body !== body) {
      this.#pending = { body, key: crypto.getRandomValues(new Uint32Array(4)).join("-") };
    }
    return this.#pending.key;
  }

  answered(): void {
    this.#pending = undefined;
  }
}
