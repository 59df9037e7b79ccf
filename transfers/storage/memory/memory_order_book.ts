// The port answers with promises and memory at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import type { Clock } from "../../clock.ts";
import type { OpenOrder, Order, OrderAnswer, OrderBook } from "../ports.ts";
import { Wakes } from "../wakes.ts";

/** Answers that are kept for those who have not asked for them yet. */
const ANSWERS_KEPT = 1000;

/** The orders of services that share a memory. */
export class MemoryOrderBook implements OrderBook {
  readonly #clock: Pick<Clock, "delay">;
  /** By id, oldest first. */
  readonly #open = new Map<string, OpenOrder>();
  readonly #answers = new Map<string, OrderAnswer>();
  readonly #ordered = new Wakes();
  readonly #answered = new Wakes();

  constructor(clock: Pick<Clock, "delay">) {
    this.#clock = clock;
  }

  async send(transferId: string, order: Order): Promise<OpenOrder> {
    const open = { id: crypto.randomUUID(), transferId, order };
    this.#open.set(open.id, open);
    this.#ordered.wake();
    return open;
  }

  async open(transferIds: readonly string[]): Promise<readonly OpenOrder[]> {
    return [...this.#open.values()].filter(({ transferId }) => transferIds.includes(transferId));
  }

  async answer(orderId: string, answer: OrderAnswer): Promise<void> {
    if (!this.#open.delete(orderId)) return;
    this.#answers.set(orderId, answer);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= ANSWERS_KEPT) break;
      this.#answers.delete(oldest);
    }
    this.#answered.wake();
  }

  async answered(orderId: string, milliseconds: number): Promise<OrderAnswer | null> {
    using delay = this.#clock.delay(milliseconds);
    let over = false;
    delay.done.then(() => over = true);
    while (!over && !this.#answers.has(orderId)) {
      const { promise: answered, resolve } = Promise.withResolvers<void>();
      using _watch = this.#answered.add(resolve);
      await Promise.race([answered, delay.done]);
    }
    return this.#answers.get(orderId) ?? null;
  }

  watch(wake: () => void): Disposable {
    return this.#ordered.add(wake);
  }

  /** The transfer is gone. */
  forgetTransfer(transferId: string): void {
    for (const [id, open] of this.#open) if (open.transferId === transferId) this.#open.delete(id);
  }
}
