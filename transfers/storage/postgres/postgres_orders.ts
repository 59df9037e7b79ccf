import type { OpenOrder, Order, OrderAnswer, OrderBook } from "../ports.ts";
import type { Database } from "./database.ts";
import { CHANNELS, type Listener } from "./listener.ts";

/** What is notified when an order is sent; when one is answered, its id is. */
const SENT = "";
/** Milliseconds between two looks for an answer. */
const POLL = 1_500;

/** The orders of servers that share a database. */
export class PostgresOrderBook implements OrderBook {
  readonly #database: Database;
  readonly #listener: Listener;

  constructor(database: Database, listener: Listener) {
    this.#database = database;
    this.#listener = listener;
  }

  async send(transferId: string, order: Order): Promise<OpenOrder> {
    const id = crypto.randomUUID();
    // Answers that nobody has asked for in an hour are of no use any more.
    await this.#database.run(
      `WITH sent AS (
         INSERT INTO orders (id, transfer, body) SELECT $1, id, $3 FROM transfers WHERE id = $2 RETURNING 1
       ), swept AS (
         DELETE FROM orders WHERE answer IS NOT NULL AND answered_at < clock_timestamp() - interval '1 hour'
       ) SELECT pg_notify('${CHANNELS.orders}', '${SENT}') FROM sent`,
      id,
      transferId,
      JSON.stringify(order),
    );
    return { id, transferId, order };
  }

  async open(transferIds: readonly string[]): Promise<readonly OpenOrder[]> {
    const rows = await this.#database.all<{ id: string; transfer: string; body: Order }>(
      "SELECT id, transfer, body FROM orders WHERE transfer = ANY($1) AND answer IS NULL ORDER BY ordinal",
      transferIds,
    );
    return rows.map(({ id, transfer, body }) => ({ id, transferId: transfer, order: body }));
  }

  async answer(orderId: string, answer: OrderAnswer): Promise<void> {
    await this.#database.run(
      `WITH answered AS (
         UPDATE orders SET answer = $2, answered_at = clock_timestamp() WHERE id = $1 AND answer IS NULL RETURNING id
       ) SELECT pg_notify('${CHANNELS.orders}', id) FROM answered`,
      orderId,
      JSON.stringify(answer),
    );
  }

  async answered(orderId: string, milliseconds: number): Promise<OrderAnswer | null> {
    let look = Promise.withResolvers<void>();
    using _hearing = this.#listener.on("orders", {
      heard: (payload) => {
        if (payload === orderId) look.resolve();
      },
      missed: () => look.resolve(),
    });
    const end = performance.now() + milliseconds;
    for (;;) {
      look = Promise.withResolvers();
      const left = end - performance.now();
      const found = await this.#database.first<{ answer: OrderAnswer | null }>(
        "SELECT answer FROM orders WHERE id = $1",
        orderId,
      );
      // It went with its transfer, or will never be answered in time.
      if (found === undefined || (found.answer === null && left <= 0)) return null;
      if (found.answer !== null) return found.answer;
      const timer = setTimeout(look.resolve, Math.min(POLL, left));
      await look.promise;
      clearTimeout(timer);
    }
  }

  watch(wake: () => void): Disposable {
    return this.#listener.on("orders", {
      heard: (payload) => {
        if (payload === SENT) wake();
      },
      missed: wake,
    });
  }
}
