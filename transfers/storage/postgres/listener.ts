import { type Log, oneLine } from "../../log.ts";
import type { Database } from "./database.ts";
import type { Session } from "./session.ts";
import { storageError } from "./storage_error.ts";

/** What is notified: that a log has grown, that there may be something to claim, and of orders. */
export const CHANNELS = { log: "gramcast_log", queue: "gramcast_queue", orders: "gramcast_orders" } as const;
export type Channel = keyof typeof CHANNELS;

/** Who listens. */
export interface Hearing {
  heard(payload: string): void;
  /** Something may have been notified that was not heard. It comes again and again while nothing is heard. */
  missed(): void;
}

/** Milliseconds between two calls of `missed` while there is no connection. */
const POLL = 1_500;
/** Milliseconds before the second attempt to connect; each later one waits twice as long, up to `LONGEST_PAUSE`. */
const PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** Hears what is notified, over one connection of its own. While that is lost, it says so and connects again. */
export class Listener implements AsyncDisposable {
  readonly #database: Pick<Database, "session">;
  readonly #log: Log;
  readonly #hearings = new Map<Channel, Set<Hearing>>(
    (Object.keys(CHANNELS) as Channel[]).map((channel) => [channel, new Set()]),
  );
  readonly #tried = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #closing = false;
  readonly #running: Promise<void>;

  /** It connects in the background. */
  constructor(database: Pick<Database, "session">, log: Log) {
    this.#database = database;
    this.#log = log;
    this.#running = this.#run();
  }

  /** Resolves when it has connected for the first time, or could not. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** Hears a channel until it is disposed of. What was notified before it connects is told as missed. */
  on(channel: Channel, hearing: Hearing): Disposable {
    // One that is added twice hears twice.
    const own: Hearing = { heard: (payload) => hearing.heard(payload), missed: () => hearing.missed() };
    this.#hearings.get(channel)!.add(own);
    return { [Symbol.dispose]: () => void this.#hearings.get(channel)!.delete(own) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.#closed.resolve();
    await this.#running;
  }

  async #run(): Promise<void> {
    let pause = PAUSE;
    while (!this.#closing) {
      const timer = setInterval(() => this.#missed(), POLL);
      try {
        await using session = await this.#connect();
        clearInterval(timer);
        pause = PAUSE;
        this.#tried.resolve();
        this.#missed();
        await Promise.race([aborted(session.lost), this.#closed.promise]);
        if (!this.#closing) this.#log.warn(`The database is not heard any more: ${oneLine(session.lost.reason)}`);
      } catch (error) {
        this.#log.warn(`Cannot listen to the database now: ${oneLine(storageError(error))}`);
        this.#tried.resolve();
        await this.#pause(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE);
      } finally {
        clearInterval(timer);
      }
    }
  }

  async #connect(): Promise<Session> {
    await using cleanup = new AsyncDisposableStack();
    const session = cleanup.use(await this.#database.session());
    for (const channel of Object.keys(CHANNELS) as Channel[]) {
      await session.listen(CHANNELS[channel], (payload) => {
        for (const hearing of this.#hearings.get(channel)!) hearing.heard(payload);
      });
    }
    cleanup.move();
    return session;
  }

  #missed(): void {
    for (const hearings of this.#hearings.values()) for (const hearing of hearings) hearing.missed();
  }

  async #pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // Servers that lost the same database do not come back at the same moment.
    const timer = setTimeout(resolve, milliseconds * (0.5 + Math.random()));
    await Promise.race([promise, this.#closed.promise]);
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
