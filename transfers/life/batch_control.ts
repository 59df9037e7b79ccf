import { GramcastError } from "../../errors.ts";
import type { BatchStore } from "../storage/ports.ts";
import { hasEnded, type TransferRecord } from "../types.ts";

export interface BatchControlPorts {
  readonly batches: BatchStore;
  /** Cancels one transfer. @throws {GramcastError} NOT_FOUND */
  readonly cancel: (id: string) => Promise<unknown>;
  /** Removes one transfer that has ended. @throws {GramcastError} NOT_FOUND, CONFLICT */
  readonly remove: (id: string) => Promise<void>;
}

/**
 * What callers do to a batch as one. It is done to each of its transfers in turn: what was broken off in between is gone on
 * with when it is asked for again, and two who ask at once do not disturb each other.
 */
export class BatchControl {
  readonly #ports: BatchControlPorts;

  constructor(ports: BatchControlPorts) {
    this.#ports = ports;
  }

  /** Cancels all that has not ended. */
  async cancel(id: string): Promise<void> {
    await this.#cancel(await this.#ports.batches.transfers(id));
  }

  /**
   * Cancels all that has not ended, and removes all. Answers the ids of the transfers.
   *
   * @throws {GramcastError} CONFLICT for what somebody has resumed meanwhile, or where the server stops.
   */
  async remove(id: string): Promise<readonly string[]> {
    const { batches, remove } = this.#ports;
    const transfers = await batches.transfers(id);
    await this.#cancel(transfers);
    for (const { id } of transfers) await unlessGone(() => remove(id));
    return transfers.map(({ id }) => id);
  }

  async #cancel(transfers: readonly TransferRecord[]): Promise<void> {
    const { cancel } = this.#ports;
    // Those that wait, the last first: none of them begins in the place of one that is stopped.
    for (const { id } of transfers.filter(({ status }) => status === "QUEUED").reverse()) {
      await unlessGone(() => cancel(id));
    }
    const begun = transfers.filter(({ status }) => status !== "QUEUED" && !hasEnded(status));
    await Promise.all(begun.map(({ id }) => unlessGone(() => cancel(id))));
  }
}

/** Somebody else may have removed it. */
async function unlessGone(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof GramcastError) || error.code !== "NOT_FOUND") throw error;
  }
}
