import { stepsInAll } from "../../engine/options/moving_schedule.ts";
import { type ErrorCode, GramcastError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import { NO_OBSERVER, type TransferObserver } from "../observer.ts";
import { pause } from "../pause.ts";
import type { Append, EventBus, NewEvent, TransferChanges, TransferStore } from "../storage/ports.ts";
import { hasEnded, type NoticeEvent, type TransferRecord, type TransferStatus } from "../types.ts";

/** Milliseconds between two attempts to write while the storage is full or away. */
const RETRY_MILLISECONDS = 1000;
/** What becomes better by itself, or by somebody's doing. */
const PASSING: readonly ErrorCode[] = ["STORAGE_FULL", "STORAGE_UNAVAILABLE"];

/** A change of a record and the events that tell of it, before the journal has given them their time. */
export interface Entry {
  readonly from: readonly TransferStatus[];
  readonly changes: TransferChanges;
  readonly events: readonly Omit<NewEvent, "at">[];
  /** As `Append` has it. */
  readonly name?: string;
  /** Whether webhooks are to be told of the progress; of a change of status they are told anyway. */
  readonly tellsProgress?: boolean;
}

/**
 * The one way by which records change: it writes to the store, what webhooks are to be told included, and then tells the bus.
 *
 * Storage that is full or away loses nothing: `append` throws STORAGE_FULL or STORAGE_UNAVAILABLE to whoever asked, and
 * `patiently`, for what an engine reports, holds the report and tries again until the storage is back or the
 * server stops. The engine waits meanwhile, the watchers hear nothing, and new transfers are refused. If the server
 * stops, the log ends where it was last written, and the transfer goes on from there at the next start.
 */
export class Journal {
  /** Hears of every transfer that ends here, and of what others say of transfers. */
  readonly observer: TransferObserver;
  readonly #store: TransferStore;
  readonly #bus: EventBus;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onNotice: () => void;
  readonly #stopped = new AbortController();
  #storageFailure: GramcastError | null = null;

  /** @param onNotice Called when there may be something to tell webhooks. */
  constructor(
    store: TransferStore,
    bus: EventBus,
    clock: Clock,
    log: Log,
    onNotice: () => void = () => {},
    observer: TransferObserver = NO_OBSERVER,
  ) {
    this.observer = observer;
    this.#store = store;
    this.#bus = bus;
    this.#clock = clock;
    this.#log = log;
    this.#onNotice = onNotice;
  }

  /** Why nothing can be written now; null when the last attempt succeeded. */
  get storageFailure(): GramcastError | null {
    return this.#storageFailure;
  }

  /** Milliseconds since the epoch, as entries have them. */
  now(): number {
    return this.#clock.now();
  }

  /**
   * As `TransferStore.append`, with the bus told.
   *
   * @param store As the holder of a claim writes it, where there is one.
   * @throws {GramcastError} STORAGE_FULL, STORAGE_UNAVAILABLE
   */
  async append(
    id: string,
    { tellsProgress = false, ...entry }: Entry,
    store = this.#store,
  ): Promise<TransferRecord | null> {
    const at = this.#clock.now();
    const told = noticeEvent(entry, tellsProgress);
    const append: Append = {
      ...entry,
      events: entry.events.map((event) => ({ ...event, at })),
      notice: told === null ? null : { event: told, at },
    };
    const record = await store.append(id, append);
    if (record === null) return null;
    if (told !== null) this.#onNotice();
    if (entry.events.some(({ status }) => hasEnded(status))) this.observer.ended(record);
    await this.#publish(record, entry.events);
    return record;
  }

  /** Has nothing wait any more: what cannot be written now is not written. */
  stop(): void {
    this.#stopped.abort();
  }

  /**
   * Repeats a call until it throws neither STORAGE_FULL nor STORAGE_UNAVAILABLE.
   *
   * @throws {GramcastError} STORAGE_FULL, STORAGE_UNAVAILABLE after `stop`.
   */
  async patiently<T>(write: () => Promise<T>): Promise<T> {
    const { signal } = this.#stopped;
    for (;;) {
      try {
        const result = await write();
        if (this.#storageFailure !== null) this.#log.info("The storage is writable again");
        this.#storageFailure = null;
        return result;
      } catch (error) {
        if (!(error instanceof GramcastError) || !PASSING.includes(error.code) || signal.aborted) throw error;
        if (this.#storageFailure === null) this.#log.warn(`${oneLine(error)}; transfers wait until it is writable`);
        this.#storageFailure = error;
        await pause(this.#clock, RETRY_MILLISECONDS, signal);
      }
    }
  }

  /** Tells watchers that a transfer is gone: they look, find nothing, and complete. */
  async publishRemoval(record: TransferRecord): Promise<void> {
    const sequence = record.sequence + 1;
    await this.#bus.publish(record.id, { sequence, statusSequence: sequence });
  }

  async #publish(record: TransferRecord, events: Entry["events"]): Promise<void> {
    if (events.length === 0) return;
    // Events without losses are those that change the status.
    const change = events.findLastIndex((event) => event.losses === null);
    const statusSequence = change < 0 ? 0 : record.sequence - (events.length - 1 - change);
    await this.#bus.publish(record.id, { sequence: record.sequence, statusSequence });
  }
}

/** What webhooks are told of an entry. */
function noticeEvent({ events }: Entry, tellsProgress: boolean): NoticeEvent | null {
  // Events without losses are those that change the status.
  const change = events.findLast(({ losses }) => losses === null)?.status ?? null;
  if (change !== null) return change === "QUEUED" ? null : change;
  return tellsProgress ? "PROGRESS" : null;
}

/**
 * A change of status, with its time in the record and the event that tells of it.
 *
 * @param now As `Journal.now` gives it; no start before the creation and no end before the start comes of it, though the
 *   clock be set back between two runs of the server.
 * @param changes What else changes with it.
 */
export function statusChange(
  status: TransferStatus,
  record: TransferRecord,
  now: number,
  changes: TransferChanges = {},
): Pick<Entry, "changes" | "events"> {
  const at = Math.max(now, record.startedAt ?? record.createdAt);
  const times = status === "QUEUED"
    ? { finishedAt: null }
    : status === "RUNNING"
    ? { startedAt: at }
    : { finishedAt: at };
  return { changes: { ...changes, status, ...times }, events: [statusEvent(status, { ...record, ...changes })] };
}

/** The event that tells of a change of status. */
export function statusEvent(status: TransferStatus, record: TransferRecord): Omit<NewEvent, "at"> {
  return {
    status,
    step: record.step,
    steps: stepsInAll(record.options),
    losses: null,
    frame: false,
    secondsPerStep: record.secondsPerStep,
    failure: record.failure,
  };
}
