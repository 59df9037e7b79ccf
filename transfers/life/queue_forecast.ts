import type { Clock } from "../clock.ts";
import type { TransferQueue, TransferStore } from "../storage/ports.ts";
import type { Forecast } from "./forecast.ts";

/** Milliseconds for which a look at the queue serves everybody who asks. */
const FRESH_MILLISECONDS = 1000;
/** Records read before the event loop gets a turn: two milliseconds. */
const AT_ONCE = 30;

export interface QueueForecastPorts {
  readonly store: TransferStore;
  readonly queue: TransferQueue;
  readonly forecast: Forecast;
  readonly clock: Clock;
  /** Ids of the transfers that are on an engine. */
  readonly running: () => readonly string[];
}

interface Look {
  readonly at: number;
  /** Work ahead of each transfer that waited, and all that there was, in seconds of one engine. */
  readonly ahead: Promise<{ readonly of: ReadonlyMap<string, number>; readonly total: number }>;
}

/** Tells how much work is ahead of those that wait: from one look at the queue for all who ask within a second. */
export class QueueForecast {
  readonly #ports: QueueForecastPorts;
  #look: Look | null = null;

  constructor(ports: QueueForecastPorts) {
    this.#ports = ports;
  }

  /** Seconds of one engine before a waiting transfer is begun; all that there is for one that has just come. */
  async secondsAhead(id: string): Promise<number> {
    const now = this.#ports.clock.elapsed();
    if (this.#look === null || now - this.#look.at >= FRESH_MILLISECONDS) this.#look = this.#begin(now);
    const { of, total } = await this.#look.ahead;
    return of.get(id) ?? total;
  }

  #begin(at: number): Look {
    const look = { at, ahead: this.#add() };
    // One that failed is nobody's answer but that of those who wait for it.
    look.ahead.catch(() => this.#look === look && (this.#look = null));
    return look;
  }

  async #add(): Promise<Awaited<Look["ahead"]>> {
    const { store, queue, forecast, running } = this.#ports;
    const of = new Map<string, number>();
    let total = 0;
    let read = 0;
    for (const [ids, wait] of [[running(), false], [await queue.waiting(Infinity), true]] as const) {
      for (const id of ids) {
        if (++read % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
        const record = await store.get(id);
        if (wait) of.set(id, total);
        total += record === null ? 0 : forecast.remaining(record) ?? 0;
      }
    }
    return { of, total };
  }
}
