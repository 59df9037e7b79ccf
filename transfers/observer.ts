import type { TransferRecord } from "./types.ts";

/** A step as an engine has taken it. */
export interface StepTaken {
  /** 1-based, over all scales. */
  readonly step: number;
  readonly seconds: number;
}

/** How a transfer leaves an engine. */
export type AttemptEnd = "finished" | "stopped" | "failed" | "lost";

/** Hears what happens to transfers: to measure it, to trace it, to log it. It must neither wait nor throw. */
export interface TransferObserver {
  /**
   * A transfer asks for a place in the queue. Comes while the request that asks is being answered.
   *
   * @param before What an observer has answered when it was queued before; null for a new one.
   * @returns The trace that it belongs to, as a W3C `traceparent` to be kept with it; null for none.
   */
  queued(id: string, before: string | null): string | null;
  /** It has got no place. */
  refused(id: string): void;
  /** An engine has taken it from the queue, after so many seconds. */
  began(record: TransferRecord, waited: number): void;
  /** An engine begins to work on it, after a step. */
  attempted(record: TransferRecord, from: number): void;
  /** Steps that are computed again after a stop come again. */
  stepped(record: TransferRecord, step: StepTaken): void;
  /** The engine has let go of it. */
  left(record: TransferRecord, end: AttemptEnd): void;
  /** It has ended. */
  ended(record: TransferRecord): void;
  /** The server stops, or another worker has it: it goes on at the next start, or there. */
  suspended(record: TransferRecord): void;
  /** A live event with a frame has been taken by a subscriber's connection, so many seconds after it was logged. */
  delivered(seconds: number): void;
}

/** Tells several observers. The first that answers with a trace is the one that counts. */
export function observeAll(observers: readonly Partial<TransferObserver>[]): TransferObserver {
  return {
    queued(id, before) {
      const answers = observers.map((each) => each.queued?.(id, before) ?? null);
      return answers.find((answer) => answer !== null) ?? null;
    },
    refused: (id) => observers.forEach((each) => each.refused?.(id)),
    began: (record, waited) => observers.forEach((each) => each.began?.(record, waited)),
    attempted: (record, from) => observers.forEach((each) => each.attempted?.(record, from)),
    stepped: (record, step) => observers.forEach((each) => each.stepped?.(record, step)),
    left: (record, end) => observers.forEach((each) => each.left?.(record, end)),
    ended: (record) => observers.forEach((each) => each.ended?.(record)),
    suspended: (record) => observers.forEach((each) => each.suspended?.(record)),
    delivered: (seconds) => observers.forEach((each) => each.delivered?.(seconds)),
  };
}

/** Hears nothing. */
export const NO_OBSERVER: TransferObserver = observeAll([]);
