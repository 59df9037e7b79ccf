import type { TransferChanges, TransferStore } from "../storage/ports.ts";
import { Turns } from "../turns.ts";
import { hasEnded, type TransferRecord, type TransferStatus } from "../types.ts";
import { type Entry, type Journal, statusChange } from "./journal.ts";

/** What to write, from the record as it is when its turn has come. */
type Change = (record: TransferRecord) => Omit<Entry, "from" | "name">;

/**
 * The record of a transfer that runs here. It changes by the journal, one change at a time, and only while it has not ended.
 * Whatever changes it throws `ClaimLost` once it is another worker's.
 */
export class LiveRecord {
  readonly #journal: Journal;
  readonly #store: TransferStore;
  readonly #turns = new Turns();
  #record: TransferRecord;

  /** @param store As who runs it writes it. */
  constructor(journal: Journal, store: TransferStore, record: TransferRecord) {
    this.#journal = journal;
    this.#store = store;
    this.#record = record;
  }

  /** As it was written last. */
  get now(): TransferRecord {
    return this.#record;
  }

  /** Looks at it while no change is under way. */
  whileStill<T>(look: (record: TransferRecord) => T): Promise<T> {
    return this.#turns.take(() => Promise.resolve(look(this.#record)));
  }

  /** Changes it patiently while it runs. Answers whether it did: false when it has ended meanwhile. */
  append(change: Change): Promise<boolean> {
    return this.#patiently(["RUNNING"], change);
  }

  /** As `append`, with the event that tells of a status. */
  changeStatus(status: TransferStatus, changes: TransferChanges = {}): Promise<boolean> {
    const from: TransferStatus[] = hasEnded(status) ? ["QUEUED", "RUNNING"] : ["QUEUED"];
    const now = this.#journal.now();
    return this.#patiently(from, (record) => statusChange(status, record, now, changes));
  }

  /**
   * As `append`, for somebody who waits for the answer, and also while it is queued still.
   *
   * @throws {GramcastError} STORAGE_FULL
   */
  appendAtOnce(change: Change): Promise<boolean> {
    return this.#take(["QUEUED", "RUNNING"], change);
  }

  /** Between two attempts it is the turn of others. */
  #patiently(from: readonly TransferStatus[], change: Change): Promise<boolean> {
    // The same for each attempt: one that was not heard of may have been made.
    const name = crypto.randomUUID();
    return this.#journal.patiently(() => this.#take(from, change, name));
  }

  #take(from: readonly TransferStatus[], change: Change, name: string = crypto.randomUUID()): Promise<boolean> {
    return this.#turns.take(async () => {
      const entry = { from, name, ...change(this.#record) };
      const record = await this.#journal.append(this.#record.id, entry, this.#store);
      if (record === null) return false;
      this.#record = record;
      return true;
    });
  }
}
