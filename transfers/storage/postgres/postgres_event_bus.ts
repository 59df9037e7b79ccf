import { type Log, oneLine } from "../../log.ts";
import { MemoryEventBus } from "../memory/memory_event_bus.ts";
import type { EventBus, LogPosition, Watch } from "../ports.ts";
import type { Database } from "./database.ts";
import { CHANNELS, type Listener } from "./listener.ts";
import { pause } from "./pause.ts";

/** Bytes of one notification at most: PostgreSQL takes fewer than 8000. */
const MOST_BYTES = 7_900;
/** Milliseconds between two that are sent: what comes meanwhile goes in one. */
const PACE = 10;
/** Milliseconds before what could not be sent is tried again. */
const RETRY = 1_000;

/** What is sent of one transfer: id, sequence, statusSequence. */
type News = readonly [string, number, number];

/**
 * The event bus of servers that share a database. News go as notifications that say how far logs have come; while those are
 * not heard, the logs of what is watched are looked at instead.
 */
export class PostgresEventBus implements EventBus, AsyncDisposable {
  readonly #database: Database;
  readonly #log: Log;
  /** Of this process. */
  readonly #local = new MemoryEventBus();
  /** How many watch each transfer. */
  readonly #watched = new Map<string, number>();
  readonly #listener: Listener;
  /** Null before the first watch: a worker has none, and is not told of all that other workers do. */
  #hearing: Disposable | null = null;
  /** Still to be sent. */
  readonly #unsent = new Map<string, LogPosition>();
  #sending: Promise<void> | null = null;
  #polling: Promise<void> | null = null;
  readonly #closing = new AbortController();

  constructor(database: Database, listener: Listener, log: Log) {
    this.#database = database;
    this.#log = log;
    this.#listener = listener;
  }

  /** It has been told to this process then; to others it is on its way. */
  publish(transferId: string, position: LogPosition): Promise<void> {
    this.#unsent.set(transferId, later(this.#unsent.get(transferId), position));
    this.#sending ??= this.#send().finally(() => this.#sending = null);
    return this.#local.publish(transferId, position);
  }

  async watch(transferId: string): Promise<Watch> {
    this.#hearing ??= this.#listener.on("log", {
      heard: (payload) => this.#hear(JSON.parse(payload)),
      missed: () => void (this.#polling ??= this.#poll().finally(() => this.#polling = null)),
    });
    await this.#listener.listened("log");
    const watch = await this.#local.watch(transferId);
    this.#watched.set(transferId, (this.#watched.get(transferId) ?? 0) + 1);
    let disposed = false;
    return {
      get position() {
        return watch.position;
      },
      changed: (after) => watch.changed(after),
      [Symbol.dispose]: () => {
        watch[Symbol.dispose]();
        if (disposed) return;
        disposed = true;
        const others = this.#watched.get(transferId)! - 1;
        if (others === 0) this.#watched.delete(transferId);
        else this.#watched.set(transferId, others);
      },
    };
  }

  get watchers(): number {
    return this.#local.watchers;
  }

  /** What is still to be sent is sent, where the database answers. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#hearing?.[Symbol.dispose]();
    await this.#sending;
    await this.#polling;
  }

  #hear(news: readonly News[]): void {
    for (const [id, sequence, statusSequence] of news) void this.#local.publish(id, { sequence, statusSequence });
  }

  async #send(): Promise<void> {
    while (this.#unsent.size > 0) {
      const sent = [...this.#unsent];
      this.#unsent.clear();
      try {
        // It waits for no disk: of what a crash takes back nobody has been told.
        await this.#database.run(
          `SELECT set_config('synchronous_commit', 'off', true), pg_notify('${CHANNELS.log}', payload)
             FROM unnest($1::text[]) AS payload`,
          payloads(sent),
        );
        await pause(PACE, this.#closing.signal);
      } catch (error) {
        this.#log.warn(`Cannot tell other servers of events now: ${oneLine(error)}`);
        if (this.#closing.signal.aborted) return;
        for (const [id, position] of sent) this.#unsent.set(id, later(this.#unsent.get(id), position));
        await pause(RETRY, this.#closing.signal);
      }
    }
  }

  /** Looks how far the logs have come that are watched, until it is known. */
  async #poll(): Promise<void> {
    while (this.#watched.size > 0) {
      try {
        const rows = await this.#database.all<{ news: News }>(
          `SELECT json_build_array(id, sequence, coalesce(silent[cardinality(silent)], 0)) AS news
             FROM transfers WHERE id = ANY($1)`,
          [...this.#watched.keys()],
        );
        return this.#hear(rows.map(({ news }) => news));
      } catch (error) {
        this.#log.warn(`Cannot look for events now: ${oneLine(error)}`);
        if (this.#closing.signal.aborted) return;
        await pause(RETRY, this.#closing.signal);
      }
    }
  }
}

function later(one: LogPosition = { sequence: 0, statusSequence: 0 }, other: LogPosition): LogPosition {
  return {
    sequence: Math.max(one.sequence, other.sequence),
    statusSequence: Math.max(one.statusSequence, other.statusSequence),
  };
}

/** As many news in each as there is room for. */
function payloads(positions: readonly (readonly [string, LogPosition])[]): string[] {
  const made: string[] = [];
  let news: string[] = [];
  // With the brackets; each of the news has a comma.
  let bytes = 1;
  for (const [id, { sequence, statusSequence }] of positions) {
    const text = JSON.stringify([id, sequence, statusSequence]);
    const more = new TextEncoder().encode(text).length + 1;
    if (bytes + more > MOST_BYTES) {
      made.push(`[${news.join()}]`);
      news = [];
      bytes = 1;
    }
    news.push(text);
    bytes += more;
  }
  made.push(`[${news.join()}]`);
  return made;
}
