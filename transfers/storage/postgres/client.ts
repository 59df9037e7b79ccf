/**
 * How PostgreSQL is spoken to: settings of a connection and what its values become. Only the files beside this one know the
 * library.
 *
 * @module
 */
// @ts-types="npm:@types/pg@8.23.1"
import pg from "pg";
import { strictAddress } from "./address.ts";
import { breaksConnection } from "./storage_error.ts";

// Where nobody has said one it would look for a file of passwords, which no process of ours may read.
pg.defaults.password = "";

/** What a statement can be given. Arrays are PostgreSQL's; bytes go as they are. */
export type Value = string | number | bigint | boolean | Uint8Array | null | readonly Value[];

/** Asks a database. */
export interface Queries {
  /** Rows that a statement answers. */
  all<Row>(sql: string, ...values: Value[]): Promise<Row[]>;
  /** The first row that a statement answers. */
  first<Row>(sql: string, ...values: Value[]): Promise<Row | undefined>;
  /** Changes rows. @returns How many have changed. */
  run(sql: string, ...values: Value[]): Promise<number>;
}

/** Milliseconds. */
export interface Patience {
  /** For a connection, also for one of the pool to be free. */
  readonly connect: number;
  /** For a statement, or a lock; the server ends it then. */
  readonly statement: number;
  /** For the answer to a statement; the connection is given up then, since nothing may be at its other end any more. */
  readonly answer: number;
}

export const PATIENCE: Patience = { connect: 5_000, statement: 10_000, answer: 12_000 };

/** Where the tables of the transfers are: the database may hold other programs', too. */
export const SCHEMA = "gramcast";

/** Settings of each connection, on both sides. @param schema Where its tables are. */
export function clientConfig(url: string, patience: Patience, schema = SCHEMA): pg.ClientConfig {
  const settings = {
    search_path: schema,
    statement_timeout: patience.statement,
    lock_timeout: patience.statement,
    // Of a program that was cut off in the middle of one: its locks are let go.
    idle_in_transaction_session_timeout: patience.answer,
    // Of a program that was cut off: what its session holds is let go within half a minute.
    tcp_keepalives_idle: 10,
    tcp_keepalives_interval: 5,
    tcp_keepalives_count: 3,
    // Whoever is told that something is written goes on from there: a crash must not take it back.
    synchronous_commit: "on",
    // Compiling a statement costs more than any here takes.
    jit: "off",
  };
  return {
    connectionString: strictAddress(url),
    options: Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`).join(" "),
    application_name: "gramcast",
    connectionTimeoutMillis: patience.connect,
    query_timeout: patience.answer,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  };
}

/** Connections that are of no use any more. */
const broken = new WeakSet<pg.ClientBase>();

/** Whether something that was asked over a connection has shown that it is of no use any more. */
export function isBroken(client: pg.ClientBase): boolean {
  return broken.has(client);
}

/** Asks over one connection; each statement is prepared once for it. @throws What the library throws. */
export async function ask(client: pg.ClientBase, sql: string, values: readonly Value[]): Promise<pg.QueryResult> {
  return await minding(client, () => client.query({ name: nameOf(sql), text: sql, values: values.map(sendable) }));
}

/** Has statements without values carried out over one connection. @throws What the library throws. */
export async function tell(client: pg.ClientBase, sql: string): Promise<pg.QueryResult> {
  return await minding(client, () => client.query(sql));
}

async function minding<T>(client: pg.ClientBase, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (breaksConnection(error)) broken.add(client);
    throw error;
  }
}

/** Asks over one connection. */
export class Connected implements Queries {
  readonly #client: pg.ClientBase;

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  async all<Row>(sql: string, ...values: Value[]): Promise<Row[]> {
    return (await ask(this.#client, sql, values)).rows;
  }

  async first<Row>(sql: string, ...values: Value[]): Promise<Row | undefined> {
    return (await ask(this.#client, sql, values)).rows[0];
  }

  async run(sql: string, ...values: Value[]): Promise<number> {
    return (await ask(this.#client, sql, values)).rowCount ?? 0;
  }
}

/** PostgreSQL's texts hold every character but one. Whoever asks for a name with that is to find nothing, and no failure. */
function sendable(value: Value): Value {
  if (Array.isArray(value)) return value.map(sendable);
  return typeof value === "string" ? value.replaceAll("\0", "\uffff") : value;
}

const names = new Map<string, string>();

/** The texts are those of the program, so that there are not many. */
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, name = `gramcast_${names.size}`);
  return name;
}

const { BYTEA, INT8, NUMERIC, FLOAT8 } = pg.types.builtins;

const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: exactNumber,
  [NUMERIC]: Number,
  [FLOAT8]: Number,
  [BYTEA]: bytesOf,
};

function getTypeParser(oid: number, format?: "text" | "binary") {
  return PARSERS[oid] ?? pg.types.getTypeParser(oid, format as "text");
}

/** Nothing that is counted here comes near 2^53. */
function exactNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`Cannot read ${text}: wanted a whole number below 2^53`);
  return value;
}

/** A copy of its own, in the text format `\x0a0b`. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(text.slice(2));
}
