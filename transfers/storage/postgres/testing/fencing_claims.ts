import type { Claims } from "../../conformance/fenced_writes.ts";
import type { Claim, QueueEntry } from "../../ports.ts";
import type { Database } from "../database.ts";
import { fence, nextEpoch } from "../fence.ts";

/** Claims of one transfer after another, without a queue. */
export class FencingClaims implements Claims {
  readonly #database: Database;
  readonly #waiting: string[] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  reserve({ id }: QueueEntry): Promise<void> {
    this.#waiting.push(id);
    return Promise.resolve();
  }

  confirm(): Promise<void> {
    return Promise.resolve();
  }

  async claim(): Promise<Claim | null> {
    const id = this.#waiting.shift();
    if (id === undefined) return null;
    return await this.#database.transaction(async (queries) => {
      const epoch = await nextEpoch(queries);
      await fence(queries, id, epoch);
      return { id, epoch };
    });
  }

  async release({ id }: Claim): Promise<void> {
    await fence(this.#database, id, 0);
    this.#waiting.push(id);
  }

  async settle(id: string): Promise<void> {
    await fence(this.#database, id, 0);
  }
}
