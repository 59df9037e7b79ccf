import type { Role } from "../caller.ts";
import type { TransferQueue } from "../storage/ports.ts";
import type { TransferRecord } from "../types.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Forecast } from "./forecast.ts";
import type { Journal } from "./journal.ts";
import type { QuotaBook } from "./quota_book.ts";

export interface AdmissionPorts {
  readonly queue: TransferQueue;
  readonly journal: Journal;
  readonly dispatcher: Dispatcher;
  readonly forecast: Forecast;
  readonly quotas: QuotaBook;
  /** Transfers that may wait, of all owners. */
  readonly maxQueued: number;
}

/** The trace of a queued transfer, as its record has it. */
export type Trace = Pick<TransferRecord, "traceparent">;

/** Transfers of one owner that are to be queued: all of them, or none. */
export interface Asked<Recorded> {
  /** Of who asks. */
  readonly role: Role;
  /** As they are to be; at least one. */
  readonly transfers: readonly TransferRecord[];
  /** Called when it is their owner's turn. */
  readonly prepare?: () => Promise<void>;
  /** Has them recorded, each with its trace. Answers null when they are not to be queued after all. */
  readonly record: (traces: readonly Trace[]) => Promise<Recorded | null>;
}

/** Gives transfers their places in the queue, within the limits of the queue and the shares of their owner. */
export class QueueAdmission {
  readonly #ports: AdmissionPorts;

  constructor(ports: AdmissionPorts) {
    this.#ports = ports;
  }

  /**
   * Takes places in the queue, has the transfers recorded, and lets them be claimed. What is recorded is accepted: a storage
   * that cannot be written from then on delays it and no more.
   *
   * @returns What `record` has answered.
   * @throws {GramcastError} QUEUE_FULL, QUOTA_EXCEEDED
   */
  async enqueue<Recorded>(asked: Asked<Recorded>): Promise<Recorded | null> {
    const { queue, journal, dispatcher, quotas } = this.#ports;
    const { transfers } = asked;
    const traces = transfers.map(({ id, traceparent = null }): Trace => {
      const trace = journal.observer.queued(id, traceparent);
      return trace === null ? {} : { traceparent: trace };
    });
    let recorded: Recorded | null = null;
    try {
      recorded = await quotas.inTurn(transfers[0]!.owner, async () => {
        await asked.prepare?.();
        return await this.#admit(asked, traces);
      });
    } finally {
      if (recorded === null) { for (const { id } of transfers) journal.observer.refused(id); }
    }
    if (recorded === null) return null;
    await journal.patiently(() => queue.confirm(...transfers.map(({ id }) => id)));
    dispatcher.nudge();
    return recorded;
  }

  async #admit<Recorded>(
    { role, transfers, record }: Asked<Recorded>,
    traces: readonly Trace[],
  ): Promise<Recorded | null> {
    const { queue, journal, quotas } = this.#ports;
    await quotas.checkStart(role, transfers);
    await this.#reserve(role, transfers);
    const at = journal.now();
    let charged = false;
    let recorded: Recorded | null = null;
    try {
      await quotas.charge(transfers, at);
      charged = true;
      recorded = await record(traces);
    } finally {
      if (recorded === null) {
        for (const { id } of transfers) await queue.settle(id).catch(() => {});
        if (charged) await quotas.charge(transfers, at, -1).catch(() => {});
      }
    }
    return recorded;
  }

  async #reserve(role: Role, transfers: readonly TransferRecord[]): Promise<void> {
    const { queue, forecast, quotas, maxQueued } = this.#ports;
    const limits = { total: maxQueued, perOwner: quotas.mostWaiting(role) };
    const entries = transfers.map((asked) => {
      const { id, owner, priority } = asked;
      return { id, owner, priority, role, needs: forecast.needs(asked) };
    });
    // One that is resumed may have its place still.
    if (entries.length === 1) await queue.reserve(entries[0]!, limits);
    else await queue.reserveAll(entries, limits);
  }
}
