import { GramcastError } from "../../errors.ts";
import type { Order, OrderBook, TransferQueue } from "../storage/ports.ts";

/** Milliseconds between two looks whether the worker is still there that is to answer. */
const LOOK_MILLISECONDS = 1000;
/** How often it is looked for in vain: longer than it takes another worker to go on after a lease has run out. */
const MOST_LOOKS = 20;

/** Has the worker that runs a transfer do what a caller of this server asks. */
export class Orders {
  readonly #orders: OrderBook;
  readonly #queue: TransferQueue;

  constructor(orders: OrderBook, queue: TransferQueue) {
    this.#orders = orders;
    this.#queue = queue;
  }

  /**
   * Has an order carried out.
   *
   * @param isFree Whether no worker has the transfer any more and the caller may change it instead; asked while nobody
   *   answers.
   * @returns Whether it was carried out; false where it is not to be any more, since it is free.
   * @throws {GramcastError} What the worker answers; ENGINE_UNAVAILABLE where none does.
   */
  async send(transferId: string, order: Order, isFree: () => Promise<boolean>): Promise<boolean> {
    const { id } = await this.#orders.send(transferId, order);
    let isOpen = true;
    try {
      for (let looks = 0; looks < MOST_LOOKS;) {
        const answer = await this.#orders.answered(id, LOOK_MILLISECONDS);
        if (answer !== null) {
          isOpen = false;
          if (answer.failure === null) return true;
          throw new GramcastError(answer.failure.code, answer.failure.message);
        }
        if (await isFree()) return false;
        if (await this.#queue.holder(transferId) === null) looks++;
        else looks = 0;
      }
      throw new GramcastError(
        "ENGINE_UNAVAILABLE",
        "Cannot change the transfer now: found no worker that goes on with it, wanted one; try again later",
      );
    } finally {
      // Nobody waits for it any more. Where that cannot be said, whoever has the transfer next carries it out.
      if (isOpen) await this.#orders.answer(id, { failure: WITHDRAWN }).catch(() => {});
    }
  }

  /** Withdraws what nobody has answered, before a transfer is queued again. */
  async withdrawAll(transferId: string): Promise<void> {
    for (const { id } of await this.#orders.open([transferId])) await this.#orders.answer(id, { failure: WITHDRAWN });
  }
}

const WITHDRAWN = { code: "CONFLICT", message: "Cannot change the transfer: whoever asked waits no more" } as const;
