import type { Clock } from "../clock.ts";
import type { TransferQueue, TransferStore } from "../storage/ports.ts";
import type { Forecast } from "./forecast.ts";

/** Milliseconds for which a look at the queue serves everybody who asks. */
const FRESH_MILLISECONDS = 1000;
/** Transfers that are looked at: those that come next. What is behind them is taken to be like them. */
export const MOST_LOOKED_AT = 200;
/** Records read before the event loop gets a turn: two milliseconds. */
const AT_ONCE = 30;

/** The transfers that are on an engine. */
export interface Running {
  /** Of those that are looked at. */
  readonly ids: readonly string[];
  readonly count: number;
}

export interface QueueForecastPorts {
  readonly store: TransferStore;
  readonly queue: TransferQueue;
  readonly forecast: Forecast;
  readonly clock: Clock;
  readonly running: () => Promise<Running>;
}

interface Ahead {
  /** Seconds of one engine before each transfer that comes next. */
  readonly of: ReadonlyMap<string, number>;
  /** Seconds of one engine before the first that was not looked at, and for each that waits with it. */
  readonly sum: number;
  readonly each: number;
}

interface Look {
  readonly at: number;
  readonly ahead: Promise<Ahead>;
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
    const { queue, clock } = this.#ports;
    const now = clock.elapsed();
    if (this.#look === null || now - this.#look.at >= FRESH_MILLISECONDS) this.#look = this.#begin(now);
    const { of, sum, each } = await this.#look.ahead;
    const known = of.get(id);
    if (known !== undefined) return known;
    if (of.size < MOST_LOOKED_AT) return sum;
    const position = await queue.position(id) ?? await queue.length();
    return sum + Math.max(0, position - of.size) * each;
  }

  #begin(at: number): Look {
    const look = { at, ahead: this.#add() };
    // One that failed is nobody's answer but that of those who wait for it.
    look.ahead.catch(() => this.#look === look && (this.#look = null));
    return look;
  }

  async #add(): Promise<Ahead> {
    const { queue, running } = this.#ports;
    const of = new Map<string, number>();
    let read = 0;
    let sum = 0;
    const add = async (id: string) => {
      if (++read % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      const record = await this.#ports.store.get(id);
      sum += record === null ? 0 : this.#ports.forecast.remaining(record) ?? 0;
    };
    const { ids, count } = await running();
    for (const id of ids) await add(id);
    if (ids.length > 0) sum *= count / ids.length;
    const begun = sum;
    for (const id of await queue.waiting(MOST_LOOKED_AT)) {
      of.set(id, sum);
      await add(id);
    }
    return { of, sum, each: of.size === 0 ? 0 : (sum - begun) / of.size };
  }
}
