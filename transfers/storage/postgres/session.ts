import type { EventEmitter } from "node:events";
// @ts-types="npm:@types/pg@8.23.1"
import pg from "pg";
import { clientConfig, Connected, PATIENCE, type Patience, type Queries, tell, type Value } from "./client.ts";
import { goodbye } from "./goodbye.ts";
import { storageError, unavailable } from "./storage_error.ts";

/** Milliseconds between two looks whether the other end is still there. */
const HEARTBEAT = 3_000;
/** Milliseconds that an answer to one may take. With the time between, less than the server takes to give a session up. */
const HEARTBEAT_ANSWER = 5_000;

/** A connection of its own: what it has locked or listens to lasts as long as it does. */
export class Session implements Queries, AsyncDisposable {
  readonly #client: pg.Client;
  readonly #connected: Connected;
  readonly #lost = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #heard = new Map<string, (payload: string) => void>();

  /** @throws {GramcastError} STORAGE_UNAVAILABLE */
  static async open(url: string, patience: Patience = PATIENCE): Promise<Session> {
    const client = new pg.Client({
      ...clientConfig(url, patience),
      query_timeout: Math.min(patience.answer, HEARTBEAT_ANSWER),
    });
    await connect(client);
    return new Session(client);
  }

  private constructor(client: pg.Client) {
    this.#client = client;
    this.#connected = new Connected(client);
    client.on("error", (error) => this.#lose(error));
    client.on("end", () => this.#lose(undefined));
    client.on("notification", ({ channel, payload }) => this.#heard.get(channel)?.(payload ?? ""));
    this.#timer = setInterval(() => void tell(client, "SELECT 1").catch((error) => this.#lose(error)), HEARTBEAT);
  }

  /** Aborted, with a STORAGE_UNAVAILABLE as its reason, when the connection is lost or closed: with it everything it had. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Calls `heard` with what is notified on a channel, from when this resolves. @param channel A plain name. */
  async listen(channel: string, heard: (payload: string) => void): Promise<void> {
    this.#heard.set(channel, heard);
    await known(tell(this.#client, `LISTEN ${pg.escapeIdentifier(channel)}`));
  }

  all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return known(this.#connected.all<Row>(sql, ...values));
  }

  first<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return known(this.#connected.first<Row>(sql, ...values));
  }

  run(sql: string, ...values: Value[]): Promise<number> {
    return known(this.#connected.run(sql, ...values));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lose(undefined);
    await goodbye(this.#client.end());
  }

  #lose(error: unknown): void {
    clearInterval(this.#timer);
    if (this.#lost.signal.aborted) return;
    const known = storageError(error);
    this.#lost.abort(known instanceof Error ? known : unavailable("its connection closed"));
    // Nobody may be at its other end to say goodbye to.
    void this.#client.end().catch(() => {});
  }
}

/** Connects, for a start. @throws {GramcastError} STORAGE_UNAVAILABLE */
export async function connect(client: pg.Client): Promise<void> {
  // Of a connection that fails while nothing is asked over it; what is asked next fails, too.
  client.on("error", () => {});
  const { stream } = (client as unknown as { readonly connection: { readonly stream: EventEmitter } }).connection;
  // One that cannot even be begun tells nobody else, and only when its time is over.
  const failed = new Promise<never>((_, reject) => stream.on("error", reject));
  await known(Promise.race([client.connect(), failed]));
}

async function known<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw storageError(error);
  }
}
