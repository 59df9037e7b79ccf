import { type Log, oneLine } from "../../log.ts";
import type { Database } from "./database.ts";
import { aborted, pause } from "./pause.ts";
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
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  /** Whether the log has been told that it cannot hear now: an outage is told once, however long it is. */
  #deaf = false;
  /** While it is connected, and what it listens to then. */
  #session: Session | null = null;
  readonly #listened = new Map<Channel, Promise<void>>();

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
    if (this.#session !== null) void this.#listen(this.#session, channel);
    return { [Symbol.dispose]: () => void this.#hearings.get(channel)!.delete(own) };
  }

  /** Resolves when a channel that somebody hears is listened to, or when it cannot be for now. */
  async listened(channel: Channel): Promise<void> {
    await this.#tried.promise;
    await this.#listened.get(channel);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let milliseconds = PAUSE;
    while (!this.#closing.signal.aborted) {
      const timer = setInterval(() => this.#missed(), POLL);
      try {
        await using session = await this.#database.session();
        await this.#listenAgain(session);
        clearInterval(timer);
        milliseconds = PAUSE;
        this.#tried.resolve();
        this.#missed();
        if (this.#deaf) this.#log.info("The database is heard again");
        this.#deaf = false;
        await aborted(AbortSignal.any([session.lost, this.#closing.signal]));
        if (!this.#closing.signal.aborted) {
          this.#warn(`The database is not heard any more: ${oneLine(session.lost.reason)}`);
        }
      } catch (error) {
        this.#warn(`Cannot listen to the database now: ${oneLine(storageError(error))}`);
        this.#tried.resolve();
        // Servers that lost the same database do not come back at the same moment.
        await pause(milliseconds * (0.5 + Math.random()), this.#closing.signal);
        milliseconds = Math.min(2 * milliseconds, LONGEST_PAUSE);
      } finally {
        this.#session = null;
        this.#listened.clear();
        clearInterval(timer);
      }
    }
  }

  #warn(message: string): void {
    if (!this.#deaf) this.#log.warn(message);
    this.#deaf = true;
  }

  /** To what somebody hears: a server that watches no logs is told of none. */
  async #listenAgain(session: Session): Promise<void> {
    this.#session = session;
    const heard = this.#hearings.entries().filter(([, hearings]) => hearings.size > 0);
    await Promise.all([...heard].map(([channel]) => this.#listen(session, channel)));
  }

  /** Once for a session. Where it fails, another session is opened. */
  #listen(session: Session, channel: Channel): Promise<void> {
    const known = this.#listened.get(channel);
    if (known !== undefined) return known;
    const hearings = this.#hearings.get(channel)!;
    const listened = session.listen(CHANNELS[channel], (payload) => {
      for (const hearing of hearings) hearing.heard(payload);
    }).then(() => {
      for (const hearing of hearings) hearing.missed();
    }, () => session[Symbol.asyncDispose]()).catch(() => {});
    this.#listened.set(channel, listened);
    return listened;
  }

  #missed(): void {
    for (const hearings of this.#hearings.values()) for (const hearing of hearings) hearing.missed();
  }
}
