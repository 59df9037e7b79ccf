import { setImmediate } from "node:timers";

/** Counts how often something is done in one turn of the event loop. */
export class LoopMeter {
  /** In all. */
  total = 0;
  /** In the turn in which it was done most. */
  most = 0;
  #now = 0;

  note(): void {
    if (this.#now === 0) setImmediate(() => this.#now = 0);
    this.total++;
    this.most = Math.max(this.most, ++this.#now);
  }

  /** Counts the calls of a method from now on. */
  meter<Name extends string>(name: Name, object: Record<Name, (...args: never[]) => unknown>): void {
    const call = object[name].bind(object);
    object[name] = (...args: never[]) => (this.note(), call(...args));
  }
}
