import { type Log, oneLine } from "../../log.ts";
import { KeyedTurns } from "../../keyed_turns.ts";
import type { Exclusion } from "../ports.ts";
import type { Database } from "./database.ts";
import { aborted, pause } from "./pause.ts";
import type { Session } from "./session.ts";
import { unavailable } from "./storage_error.ts";

/** Connections for turns: as many keys at once on this server. */
const SESSIONS = 4;
/** Milliseconds that a turn, or a connection for it, is waited for. */
const TURN_PATIENCE = 30_000;
/** Milliseconds of that in one statement: its connection is to show meanwhile that it is there. */
const LOCK_TIMEOUT = 2_000;
/** Milliseconds after which the database ends a session of which it hears nothing: more than between two signs of life. */
const SILENCE = 20_000;
/** Milliseconds before a server that does not lead asks whether it may. */
const LEAD_POLL = 1_000;

export interface ExclusionOptions {
  /** Milliseconds. Default 30 seconds. */
  readonly turnPatience?: number;
  /** Milliseconds. Default a second. */
  readonly leadPoll?: number;
}

/**
 * What only one at a time may do, of servers that share a database: by advisory locks, which last as long as the connection
 * that has them, and those no longer than the server at their other end gives signs of life. They are connections of their
 * own: whoever has a turn and waits for one of the pool's never stands in the way of its own release.
 */
export class PostgresExclusion implements Exclusion, AsyncDisposable {
  readonly #database: Database;
  readonly #log: Log;
  readonly #turnPatience: number;
  readonly #leadPoll: number;
  /** Calls of one key wait here first, so that they take one connection. */
  readonly #turns = new KeyedTurns();
  readonly #idle: Session[] = [];
  #free = SESSIONS;
  readonly #waiting: (() => void)[] = [];
  /** Candidates of one task on this server. */
  readonly #tasks = new KeyedTurns();
  #leading: Promise<Session> | null = null;

  constructor(database: Database, log: Log, options: ExclusionOptions = {}) {
    this.#database = database;
    this.#log = log;
    this.#turnPatience = options.turnPatience ?? TURN_PATIENCE;
    this.#leadPoll = options.leadPoll ?? LEAD_POLL;
  }

  /** @throws {GramcastError} STORAGE_UNAVAILABLE when the turn does not come; the call has not been made then. */
  inTurn<T>(key: string, call: () => Promise<T>): Promise<T> {
    return this.#turns.take(key, async () => {
      const end = performance.now() + this.#turnPatience;
      await this.#takePlace(end);
      try {
        const session = await this.#session();
        try {
          await lock(session, key, end);
          return await call();
        } finally {
          await this.#letGo(session, key);
        }
      } finally {
        this.#leavePlace();
      }
    });
  }

  lead(task: string, run: (lost: AbortSignal) => Promise<void>): AsyncDisposable {
    const stopped = new AbortController();
    const candidacy = this.#tasks.take(task, async () => {
      while (!stopped.signal.aborted) {
        await this.#leadOnce(task, run, stopped.signal);
        await pause(this.#leadPoll, stopped.signal);
      }
    });
    return {
      async [Symbol.asyncDispose]() {
        stopped.abort();
        await candidacy;
      },
    };
  }

  /** Whatever leads or has a turn has to be over. */
  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = this.#idle.splice(0);
    const leading = await this.#leading?.catch(() => null);
    if (leading) sessions.push(leading);
    await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
  }

  /** Leads, where no other server does, until it is stopped or not sure any more. */
  async #leadOnce(task: string, run: (lost: AbortSignal) => Promise<void>, stopped: AbortSignal): Promise<void> {
    try {
      const session = await this.#leadingSession();
      const { leads } = (await session.first<{ leads: boolean }>(
        "SELECT pg_try_advisory_lock(hashtextextended('lead ' || $1, 0)) AS leads",
        task,
      ))!;
      if (!leads) return;
      const lost = AbortSignal.any([session.lost, stopped]);
      try {
        if (!lost.aborted) await run(lost);
        // What has ended by itself is not begun again, here or elsewhere, as long as this server is there.
        await aborted(lost);
      } finally {
        if (!session.lost.aborted) {
          await session.run("SELECT pg_advisory_unlock(hashtextextended('lead ' || $1, 0))", task);
        }
      }
    } catch (error) {
      this.#log.warn(`Cannot lead ${task} now: ${oneLine(error)}`);
    }
  }

  async #leadingSession(): Promise<Session> {
    const found = this.#leading;
    const known = await found?.catch(() => null);
    if (known && !known.lost.aborted) return known;
    // Of candidates that all found it lost one opens another.
    if (this.#leading === found) this.#leading = this.#open();
    return await this.#leading!;
  }

  async #open(): Promise<Session> {
    await using cleanup = new AsyncDisposableStack();
    const session = cleanup.use(await this.#database.session());
    await session.run(`SET idle_session_timeout = ${SILENCE}`);
    cleanup.move();
    return session;
  }

  async #session(): Promise<Session> {
    for (let session = this.#idle.pop(); session !== undefined; session = this.#idle.pop()) {
      if (!session.lost.aborted) return session;
    }
    return await this.#open();
  }

  async #letGo(session: Session, key: string): Promise<void> {
    try {
      // It may have none, when it could not be had.
      await session.run("SELECT pg_advisory_unlock_all()");
      this.#idle.push(session);
    } catch (error) {
      this.#log.warn(`Cannot end the turn of ${key} in order: ${oneLine(error)}`);
      await session[Symbol.asyncDispose]();
    }
  }

  /** @param end When it is given up, as `performance.now` tells it. */
  async #takePlace(end: number): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const give = () => resolve();
    this.#waiting.push(give);
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(give), 1);
      reject(tooLong());
    }, end - performance.now());
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** It goes to who has waited longest. */
  #leavePlace(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

/** @param end When it is given up, as `performance.now` tells it. */
async function lock(session: Session, key: string, end: number): Promise<void> {
  for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
    if (await lockOnce(session, key, Math.ceil(Math.min(left, LOCK_TIMEOUT)))) return;
  }
  throw tooLong();
}

/** Whether it was had in so many milliseconds. */
async function lockOnce(session: Session, key: string, milliseconds: number): Promise<boolean> {
  try {
    await session.run(
      `SELECT set_config('lock_timeout', $2, false), pg_advisory_lock(hashtextextended('turn ' || $1, 0))`,
      key,
      `${milliseconds}`,
    );
    return true;
  } catch (error) {
    if (session.lost.aborted || !isLockTimeout(error)) throw error;
    return false;
  }
}

function isLockTimeout(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && "code" in cause && cause.code === "55P03";
}

function tooLong(): Error {
  return unavailable("others at the same for too long");
}
