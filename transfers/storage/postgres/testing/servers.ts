import { SILENT_LOG } from "../../../log.ts";
import type { Database } from "../database.ts";
import { Listener } from "../listener.ts";
import { PostgresEventBus } from "../postgres_event_bus.ts";
import { PostgresExclusion } from "../postgres_exclusion.ts";
import { PostgresLiveFrames } from "../postgres_live_frames.ts";
import { PostgresOrderBook } from "../postgres_orders.ts";
import { PostgresQueue } from "../postgres_queue.ts";
import { PostgresWorkerRegistry } from "../postgres_workers.ts";
import { TemporaryDatabase } from "./temporary_database.ts";

/** What one of several servers has of a database that they share. */
export interface Server {
  readonly database: Database;
  readonly queue: PostgresQueue;
  readonly bus: PostgresEventBus;
  readonly orders: PostgresOrderBook;
  readonly workers: PostgresWorkerRegistry;
  readonly frames: PostgresLiveFrames;
  readonly exclusion: PostgresExclusion;
}

/** Servers that share an empty database. */
export class Servers implements AsyncDisposable {
  readonly #open: AsyncDisposableStack;
  readonly first: Server;
  readonly second: Server;

  static async open(leaseMilliseconds = 15_000): Promise<Servers> {
    await using open = new AsyncDisposableStack();
    const temporary = open.use(await TemporaryDatabase.make());
    const servers = [
      await openServer(temporary, open, leaseMilliseconds),
      await openServer(temporary, open, leaseMilliseconds),
    ] as const;
    return new Servers(open.move(), ...servers);
  }

  private constructor(open: AsyncDisposableStack, first: Server, second: Server) {
    this.#open = open;
    this.first = first;
    this.second = second;
  }

  /** Has so many milliseconds passed, for all that the database remembers a time of. */
  async later(milliseconds: number): Promise<void> {
    for (
      const [table, column] of [["queue", "reserved_at"], ["queue_claims", "expires"], ["workers", "seen"]] as const
    ) {
      await this.first.database.run(
        `UPDATE ${table} SET ${column} = ${column} - $1 * interval '1 millisecond'`,
        milliseconds,
      );
    }
  }

  /** Ends all connections that hear what is notified: what they asked last is that, or a sign of life. */
  async deafen(): Promise<void> {
    await this.first.database.run(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND (query LIKE 'LISTEN%' OR query = 'SELECT 1') AND pid <> pg_backend_pid()`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }
}

async function openServer(
  temporary: TemporaryDatabase,
  open: AsyncDisposableStack,
  leaseMilliseconds: number,
): Promise<Server> {
  const database = await temporary.open();
  const listener = open.use(new Listener(database, SILENT_LOG));
  await listener.tried;
  return {
    database,
    queue: open.use(new PostgresQueue(database, listener, leaseMilliseconds)),
    bus: open.use(new PostgresEventBus(database, listener, SILENT_LOG)),
    orders: new PostgresOrderBook(database, listener),
    workers: new PostgresWorkerRegistry(database, leaseMilliseconds),
    frames: open.use(new PostgresLiveFrames(database, SILENT_LOG)),
    exclusion: open.use(new PostgresExclusion(database, SILENT_LOG, { leadPoll: 20 })),
  };
}
