import { GramcastError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import { pause } from "../pause.ts";
import type { OpenOrder, OrderBook } from "../storage/ports.ts";
import { hasEnded } from "../types.ts";
import type { Dispatcher } from "./dispatcher.ts";

/** Milliseconds before orders are looked for again after they could not be. */
const RETRY_MILLISECONDS = 1000;

/**
 * Carries out what other servers' callers order of the transfers that run here, as if it were asked here. An order that
 * cannot be answered stays open: whoever goes on with the transfer finds it.
 */
export class OrderTaker {
  readonly #orders: OrderBook;
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Ids of orders that are being carried out. */
  readonly #underWay = new Set<string>();
  readonly #stopped = new AbortController();
  #watch: Disposable | null = null;
  /** Whether there may be orders that the look under way has not seen. */
  #again = false;
  #looking: Promise<void> | null = null;
  /** Whether the last look has failed. */
  #failing = false;

  constructor(orders: OrderBook, dispatcher: Dispatcher, clock: Clock, log: Log) {
    this.#orders = orders;
    this.#dispatcher = dispatcher;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#watch = this.#orders.watch(() => this.nudge());
  }

  /** Says that there may be an order for what runs here. */
  nudge(): void {
    this.#again = true;
    this.#looking ??= this.#look().finally(() => this.#looking = null);
  }

  async stop(): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    this.#stopped.abort();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopped;
    while (this.#again && !signal.aborted) {
      this.#again = false;
      const running = this.#dispatcher.runningIds();
      if (running.length === 0) return;
      try {
        for (const order of await this.#orders.open(running)) void this.#take(order);
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.#log.warn(`Cannot look for orders now: ${oneLine(error)}`);
        this.#failing = true;
        this.#again = true;
        await pause(this.#clock, RETRY_MILLISECONDS, signal);
      }
    }
  }

  async #take(order: OpenOrder): Promise<void> {
    if (this.#underWay.has(order.id)) return;
    this.#underWay.add(order.id);
    try {
      const failure = await this.#carryOut(order);
      if (failure !== "OPEN") await this.#orders.answer(order.id, { failure });
    } catch (error) {
      this.#log.warn(`Cannot carry out an order for transfer ${order.transferId}: ${oneLine(error)}`);
    } finally {
      this.#underWay.delete(order.id);
    }
  }

  /** Answers `OPEN` where it is for whoever has the transfer next. */
  async #carryOut(
    { transferId, order }: OpenOrder,
  ): Promise<{ code: GramcastError["code"]; message: string } | null | "OPEN"> {
    const running = this.#dispatcher.running(transferId);
    if (running === undefined) return "OPEN";
    if (order.kind === "CANCEL") {
      running.run.cancel();
      await running.done;
      return hasEnded(running.run.record.status) ? null : "OPEN";
    }
    try {
      return await running.run.retune(order.retuning) === null ? "OPEN" : null;
    } catch (error) {
      if (!(error instanceof GramcastError)) throw error;
      return { code: error.code, message: error.message };
    }
  }
}
