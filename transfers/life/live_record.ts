import type { TransferChanges } from "../storage/ports.ts";
import { hasEnded, type TransferRecord, type TransferStatus } from "../types.ts";
import { type Entry, type Journal, statusChange } from "./journal.ts";

/** The record of a transfer that runs here. It changes by the journal, patiently, and only while it has not ended. */
export class LiveRecord {
  readonly #journal: Journal;
  #record: TransferRecord;

  constructor(journal: Journal, record: TransferRecord) {
    this.#journal = journal;
    this.#record = record;
  }

  /** As it was written last. */
  get now(): TransferRecord {
    return this.#record;
  }

  /** Changes it while it runs. Answers whether it did: false when it has ended meanwhile. */
  append(entry: Omit<Entry, "from">): Promise<boolean> {
    return this.#append(["RUNNING"], entry);
  }

  /** As `append`, with the event that tells of a status. */
  changeStatus(status: TransferStatus, changes: TransferChanges = {}): Promise<boolean> {
    const from: TransferStatus[] = hasEnded(status) ? ["QUEUED", "RUNNING"] : ["QUEUED"];
    return this.#append(from, statusChange(status, this.#record, this.#journal.now(), changes));
  }

  async #append(from: readonly TransferStatus[], entry: Omit<Entry, "from">): Promise<boolean> {
    const record = await this.#journal.appendPatiently(this.#record.id, { from, ...entry });
    if (record === null) return false;
    this.#record = record;
    return true;
  }
}
