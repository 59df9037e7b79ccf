import type { Retuning } from "../../engine/options/options.ts";
import { checkRetuning } from "../../engine/options/retune.ts";
import { GramcastError } from "../../errors.ts";
import { KeyedTurns } from "../keyed_turns.ts";
import type { LiveFrames, TransferQueue } from "../storage/ports.ts";
import { hasEnded, type TransferRecord } from "../types.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { type Journal, statusChange } from "./journal.ts";
import type { Orders } from "./orders.ts";
import type { QuotaBook } from "./quota_book.ts";
import { acceptedChanges } from "./tuning.ts";

export interface InterventionPorts {
  /** @throws {GramcastError} NOT_FOUND */
  readonly record: (id: string) => Promise<TransferRecord>;
  readonly queue: TransferQueue;
  readonly journal: Journal;
  readonly dispatcher: Dispatcher;
  readonly quotas: QuotaBook;
  /** Null where no other server runs transfers. */
  readonly others: { readonly orders: Orders; readonly liveFrames: LiveFrames } | null;
}

/**
 * What callers do to transfers that may be under way: here, on another server, or nowhere yet. Whoever runs one is told;
 * where nobody does, its record is changed.
 */
export class Interventions {
  readonly #ports: InterventionPorts;
  /** Retunings under way, by the transfer. */
  readonly #retunings = new KeyedTurns();

  constructor(ports: InterventionPorts) {
    this.#ports = ports;
  }

  async cancel(id: string): Promise<TransferRecord> {
    const { journal, dispatcher, queue, quotas, others } = this.#ports;
    for (;;) {
      const record = await this.#ports.record(id);
      if (hasEnded(record.status)) return record;
      const running = dispatcher.running(id);
      if (running !== undefined) {
        running.run.cancel();
        // It ends after its present step. A drain leaves it unfinished, and then it is what it is.
        await running.done;
        const after = await this.#ports.record(id);
        if (hasEnded(after.status) || dispatcher.stopped) return after;
        continue;
      }
      if (others !== null && await this.#isHeld(id)) {
        await others.orders.send(id, { kind: "CANCEL" }, async () => !await this.#isHeld(id));
        continue;
      }
      const cancelled = await journal.append(id, {
        from: [record.status],
        ...statusChange("CANCELLED", record, journal.now()),
      });
      if (cancelled === null) continue;
      await others?.liveFrames.remove(id);
      await quotas.giveBack(cancelled);
      await queue.settle(id);
      return cancelled;
    }
  }

  /** Answers when the retuning is in the record; the next step is computed with it. @throws {GramcastError} STORAGE_FULL */
  retune(id: string, retuning: Retuning): Promise<TransferRecord> {
    return this.#retunings.take(id, () => this.#retune(id, retuning));
  }

  async #retune(id: string, retuning: Retuning): Promise<TransferRecord> {
    const { journal, dispatcher, others } = this.#ports;
    for (;;) {
      const record = await this.#ports.record(id);
      if (hasEnded(record.status)) {
        throw new GramcastError(
          "CONFLICT",
          `Cannot retune the transfer: it is ${record.status}, wanted one that is QUEUED or RUNNING`,
        );
      }
      checkRetuning(retuning);
      const running = dispatcher.running(id);
      if (running !== undefined) {
        const after = await running.run.retune(retuning);
        if (after !== null) return after;
        // It is over, or another worker's: what it is then shows when it has been let go of.
        await running.done;
        continue;
      }
      // One that is RUNNING without a worker will have one soon, which computes again what is in the log as it was.
      if (others !== null && (record.status === "RUNNING" || await this.#isHeld(id))) {
        const order = { kind: "RETUNE", retuning } as const;
        if (await others.orders.send(id, order, () => this.#isIdle(id))) return await this.#ports.record(id);
        continue;
      }
      // No engine computes it: one that came after the same step was in force for no step.
      const changes = acceptedChanges(record, retuning, ({ afterStep }) => afterStep < record.step);
      const after = await journal.append(id, { from: [record.status], changes, events: [] });
      if (after !== null) return after;
    }
  }

  /** Whether a worker has a transfer. */
  async #isHeld(id: string): Promise<boolean> {
    return await this.#ports.queue.holder(id) !== null;
  }

  /** Whether nothing is computed of a transfer, nor will be before somebody changes it. */
  async #isIdle(id: string): Promise<boolean> {
    const { status } = await this.#ports.record(id);
    return hasEnded(status) || (status === "QUEUED" && !await this.#isHeld(id));
  }
}
