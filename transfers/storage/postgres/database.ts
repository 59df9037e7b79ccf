// @ts-types="npm:@types/pg@8.23.1"
import pg from "pg";
import { type Log, oneLine } from "../../log.ts";
import {
  ask,
  clientConfig,
  Connected,
  isBroken,
  PATIENCE,
  type Patience,
  type Queries,
  SCHEMA,
  tell,
  type Value,
} from "./client.ts";
import { goodbye } from "./goodbye.ts";
import { migrate } from "./migrate.ts";
import { type Migration, MIGRATIONS } from "./migrations.ts";
import { Session } from "./session.ts";
import { isPassing, storageError } from "./storage_error.ts";

/** Attempts of a transaction that comes into others' way. */
const ATTEMPTS = 8;
/** Milliseconds before the second attempt, at most; each later one may wait twice as long. */
const PAUSE = 10;

export interface DatabaseOptions {
  /** Connections at most. Default 10. */
  readonly connections?: number;
  readonly patience?: Patience;
  /** Where its tables are, and what makes them. Those of the transfers unless told. */
  readonly schema?: string;
  readonly migrations?: readonly Migration[];
}

/**
 * A database of PostgreSQL 14 or later. Whatever is committed is on its disk. Where it does not answer, every method throws
 * STORAGE_UNAVAILABLE, and works again once it does.
 */
export class Database implements Queries {
  readonly #pool: pg.Pool;
  /** Connections, and when each is closed. */
  readonly #open = new Map<pg.PoolClient, Promise<void>>();
  readonly #url: string;
  readonly #patience: Patience;

  /**
   * Connects, and brings the tables to the newest version.
   *
   * @param url `postgres://user:password@host:port/database`.
   * @throws {GramcastError} STORAGE_UNAVAILABLE; STORAGE_UNREADABLE when it is of a newer version: then nothing is changed.
   */
  static async open(url: string, log: Log, options: DatabaseOptions = {}): Promise<Database> {
    const { connections = 10, patience = PATIENCE, schema = SCHEMA, migrations = MIGRATIONS } = options;
    await migrate(url, patience, migrations, schema);
    return new Database(url, connections, patience, schema, log);
  }

  private constructor(url: string, connections: number, patience: Patience, schema: string, log: Log) {
    this.#url = url;
    this.#patience = patience;
    this.#pool = new pg.Pool({
      ...clientConfig(url, patience, schema),
      max: connections,
      idleTimeoutMillis: 60_000,
      // Not for ever: the memory of a session grows with what it has seen.
      maxLifetimeSeconds: 3600,
    });
    // Of connections that nobody uses: the pool opens others when there is need.
    this.#pool.on("error", (error) => log.warn(`The database closed a connection: ${oneLine(storageError(error))}`));
    this.#pool.on("connect", (client) => {
      // One that is in use tells whoever uses it, too.
      client.on("error", () => {});
      const ended = new Promise<void>((resolve) => client.once("end", resolve));
      this.#open.set(client, ended);
      void ended.then(() => this.#open.delete(client));
    });
  }

  async all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return (await this.#ask(sql, values)).rows;
  }

  async first<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return (await this.#ask(sql, values)).rows[0];
  }

  async run(sql: string, ...values: Value[]): Promise<number> {
    return (await this.#ask(sql, values)).rowCount ?? 0;
  }

  /**
   * All that `body` does, or nothing; it is called again where it came into others' way, so that it must have no effect but on
   * the database. READ COMMITTED: rows that it goes by are to be locked.
   *
   * @throws {GramcastError} STORAGE_FULL, and then nothing has changed; STORAGE_UNAVAILABLE, and then it is not known whether
   *   all has changed, or nothing.
   */
  async transaction<T>(body: (queries: Queries) => Promise<T>): Promise<T> {
    return await this.#patiently(async (client) => {
      await tell(client, "BEGIN");
      try {
        const result = await body(new Connected(client));
        const { command } = await tell(client, "COMMIT");
        // Of one whose body went on after a statement had failed.
        if (command !== "COMMIT") throw new Error(`A transaction ended with ${command}`);
        return result;
      } catch (error) {
        if (!isBroken(client)) await tell(client, "ROLLBACK").catch(() => {});
        throw error;
      }
    });
  }

  /** A connection of its own, beside the pool. */
  async session(): Promise<Session> {
    return await Session.open(this.#url, this.#patience);
  }

  /** Nothing may be under way. */
  async close(): Promise<void> {
    await this.#pool.end();
    await goodbye(Promise.all(this.#open.values()));
  }

  #ask(sql: string, values: readonly Value[]): Promise<pg.QueryResult> {
    return this.#patiently((client) => ask(client, sql, values));
  }

  async #patiently<T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#once(use);
      } catch (error) {
        if (!isPassing(error) || attempt === ATTEMPTS) throw storageError(error);
        await pause(Math.random() * PAUSE * 2 ** attempt);
      }
    }
  }

  async #once<T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      return await use(client);
    } finally {
      client.release(isBroken(client));
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
