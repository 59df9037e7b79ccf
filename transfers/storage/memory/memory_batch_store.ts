// The port answers with promises and memory at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import type { BatchStore, Listed, NewTransfer, RangeQuery } from "../ports.ts";
import { type BatchRecord, type BatchTally, type Owner, tallyOf, type TransferRecord } from "../../types.ts";
import type { MemoryTransferStore } from "./memory_transfer_store.ts";

/** Batches in the memory of one process; forgotten at exit. */
export class MemoryBatchStore implements BatchStore {
  readonly #store: MemoryTransferStore;
  readonly #batches = new Map<string, Listed<BatchRecord>>();
  #ordinal = 0;

  /** @param store Of their transfers. */
  constructor(store: MemoryTransferStore) {
    this.#store = store;
  }

  async create(
    batch: BatchRecord,
    transfers: readonly NewTransfer[],
  ): Promise<{ record: BatchRecord; created: boolean }> {
    const existing = batch.idempotencyKey === null ? null : this.#findByKey(batch.owner, batch.idempotencyKey);
    if (existing !== null) return { record: existing, created: false };
    const taken = transfers.find(({ record }) => this.#store.has(record.id));
    if (taken !== undefined) throw new Error(`There is a transfer ${taken.record.id} already`);
    this.#batches.set(batch.id, { ordinal: ++this.#ordinal, record: batch });
    for (const transfer of transfers) this.#store.put(transfer);
    return { record: batch, created: true };
  }

  async get(id: string): Promise<BatchRecord | null> {
    return this.#isPresent(id) ? this.#batches.get(id)?.record ?? null : null;
  }

  async findByKey(owner: Owner, idempotencyKey: string): Promise<BatchRecord | null> {
    return this.#findByKey(owner, idempotencyKey);
  }

  async list({ owner, olderThan, newerThan, limit, take }: RangeQuery): Promise<readonly Listed<BatchRecord>[]> {
    const found = this.#present()
      .filter(({ record }) => owner === null || record.owner === owner)
      .filter(({ ordinal }) => ordinal < (olderThan ?? Infinity) && ordinal > (newerThan ?? 0))
      .reverse();
    return take === "newest" ? found.slice(0, limit) : found.slice(Math.max(0, found.length - limit));
  }

  async count(owner: Owner | null): Promise<number> {
    return this.#present().filter(({ record }) => owner === null || record.owner === owner).length;
  }

  async transfers(id: string): Promise<readonly TransferRecord[]> {
    return this.#store.ofBatch(id);
  }

  async tally(id: string): Promise<BatchTally> {
    return tallyOf(this.#store.ofBatch(id).map(({ status }) => ({ status, count: 1 })));
  }

  #findByKey(owner: Owner, key: string): BatchRecord | null {
    return this.#present().find(({ record }) => record.owner === owner && record.idempotencyKey === key)?.record ??
      null;
  }

  /** Oldest first. Those that have lost their last transfer are forgotten. */
  #present(): Listed<BatchRecord>[] {
    for (const id of this.#batches.keys()) if (!this.#isPresent(id)) this.#batches.delete(id);
    return [...this.#batches.values()];
  }

  #isPresent(id: string): boolean {
    return this.#store.ofBatch(id).length > 0;
  }
}
