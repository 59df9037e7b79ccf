import { GramcastError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import { pause } from "../pause.ts";
import type { Attempt, Exclusion, Outcome, Waiting, WebhookStore } from "../storage/ports.ts";
import { bodyOf } from "./body.ts";
import type { Answer, Receivers } from "./receivers.ts";
import { holdOf, retryDelay } from "./retry_schedule.ts";
import { signedHeaders } from "./signature.ts";
import { SteadyTime } from "./steady_time.ts";

/** Deliveries under way at once, in all and to one host: one that is slow keeps its share busy and no more. */
export const AT_ONCE = 64;
export const AT_ONCE_TO_HOST = 4;
/** Milliseconds between two looks at an outbox that other servers add to. */
const POLL_MILLISECONDS = 1000;
/** Milliseconds before the outbox is looked at again after it could not be. */
const RETRY_MILLISECONDS = 1000;

export interface DelivererPorts {
  readonly webhooks: WebhookStore;
  readonly exclusion: Exclusion;
  readonly receivers: Receivers;
  readonly clock: Clock;
  readonly log: Log;
  /** Repeats a write until there is room for it, or the server stops. */
  readonly patiently: <T>(write: () => Promise<T>) => Promise<T>;
  /** Where the server is reached from outside; null to send paths. */
  readonly publicUrl: URL | null;
  /** Whether other servers add to the outbox, which nobody is told of here. */
  readonly isShared: boolean;
  /** Of 0 to 1; `Math.random` unless told. */
  readonly random?: () => number;
}

/** What is being sent. */
interface Sending {
  readonly host: string;
  readonly done: Promise<void>;
}

/**
 * Sends what is in the outbox. A delivery stays there until its attempt has been answered, so that a stop at any moment has
 * it sent again and never loses it; receivers know it by its `webhook-id`. Nothing here is waited for by a transfer.
 */
export class Deliverer {
  readonly #ports: DelivererPorts;
  /** By lane. */
  readonly #sending = new Map<number, Sending>();
  #leading: AsyncDisposable | null = null;
  /** Null until the outbox has said what time it was. */
  #time: SteadyTime | null = null;
  /** Nudges so far: one that comes while the outbox is looked at must not be missed. */
  #nudges = 0;
  #wake: () => void = () => {};

  constructor(ports: DelivererPorts) {
    this.#ports = ports;
  }

  /** Sends, until `stop`; of servers that share the storage one does. */
  start(): void {
    this.#leading = this.#ports.exclusion.lead("webhooks", (lost) => this.#run(lost));
  }

  /** Says that there may be something to send. */
  nudge(): void {
    this.#nudges++;
    this.#wake();
  }

  /** Sends nothing more. What is under way is given up, and sent again at the next start. */
  async stop(): Promise<void> {
    await this.#leading?.[Symbol.asyncDispose]();
  }

  async #run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.nudge(), { once: true });
    // Another server may have said since when something is due.
    this.#time = null;
    await this.#sendUntil(signal);
    await Promise.all(this.#sending.values().map(({ done }) => done));
  }

  async #sendUntil(signal: AbortSignal): Promise<void> {
    const { clock, log, isShared } = this.#ports;
    let failing = false;
    while (!signal.aborted) {
      const nudges = this.#nudges;
      let wait: number | null = RETRY_MILLISECONDS;
      try {
        wait = await this.#sendDue(signal);
        if (isShared) wait = Math.min(wait ?? Infinity, POLL_MILLISECONDS);
        failing = false;
      } catch (error) {
        if (!failing) log.warn(`Cannot look for what webhooks are to be told: ${oneLine(error)}`);
        failing = true;
      }
      if (this.#nudges > nudges) continue;
      const { promise: nudged, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      using delay = wait === null ? null : clock.delay(wait);
      await Promise.race(delay === null ? [nudged] : [nudged, delay.done]);
    }
  }

  /** Begins to send all that is due. Answers the milliseconds until more is; null when nothing waits for a time. */
  async #sendDue(signal: AbortSignal): Promise<number | null> {
    const { webhooks, clock } = this.#ports;
    const time = this.#time ??= new SteadyTime(clock, await webhooks.latest());
    while (this.#sending.size < AT_ONCE && !signal.aborted) {
      const waiting = await webhooks.next({ lanes: [...this.#sending.keys()], hosts: this.#busyHosts() });
      if (waiting === null) return null;
      const left = waiting.dueAt - time.now();
      if (left > 0) return left;
      const { lane, webhook } = waiting;
      const done = this.#deliver(waiting, time, signal).finally(() => {
        this.#sending.delete(lane);
        this.nudge();
      });
      this.#sending.set(lane, { host: new URL(webhook.url).host, done });
    }
    return null;
  }

  #busyHosts(): string[] {
    const counts = new Map<string, number>();
    for (const { host } of this.#sending.values()) counts.set(host, (counts.get(host) ?? 0) + 1);
    return [...counts].filter(([, count]) => count >= AT_ONCE_TO_HOST).map(([host]) => host);
  }

  /** Makes one attempt and records it. It never fails. */
  async #deliver(waiting: Waiting, time: SteadyTime, signal: AbortSignal): Promise<void> {
    const { webhooks, receivers, clock, log, patiently, publicUrl } = this.#ports;
    const { delivery, webhook } = waiting;
    try {
      const body = bodyOf(delivery, publicUrl);
      const headers = signedHeaders(webhook, delivery.id, clock.wall(), body);
      const answer = await receivers.post(webhook.url, headers, body, signal);
      const attempt = this.#attempt(waiting, answer, time.now());
      await patiently(() => webhooks.record(delivery.id, attempt));
      if (attempt.outcome.kind === "GONE") log.info(`Webhook ${webhook.id} ended: its receiver answered 410`);
    } catch (error) {
      if (signal.aborted && !(error instanceof GramcastError)) return;
      log.warn(`Cannot tell webhook ${webhook.id} of transfer ${delivery.transferId} now: ${oneLine(error)}`);
      await pause(clock, RETRY_MILLISECONDS, signal);
    }
  }

  #attempt({ tries }: Waiting, { status, retryAfter, failure }: Answer, at: number): Attempt {
    if (status !== null && status >= 200 && status < 300) {
      return { at, status, error: null, outcome: { kind: "DELIVERED" } };
    }
    const error = failure ?? `status ${status}, wanted 2xx`;
    const outcome: Outcome = status === 410 ? { kind: "GONE" } : this.#afterFailure(tries + 1, retryAfter, at);
    return { at, status, error, outcome };
  }

  #afterFailure(tries: number, retryAfter: string | undefined, at: number): Outcome {
    const { clock, random = Math.random } = this.#ports;
    const delay = retryDelay(tries, random());
    if (delay === null) return { kind: "GIVEN_UP" };
    const hold = holdOf(retryAfter, clock.wall());
    return { kind: "RETRY", dueAt: at + Math.max(delay, hold ?? 0), heldUntil: hold === null ? null : at + hold };
  }
}
