import type { WorkerRecord, WorkerRegistry } from "../ports.ts";
import type { Database } from "./database.ts";
import { LEASE_MILLISECONDS } from "./postgres_queue.ts";

/** The workers of servers that share a database, by its clock. */
export class PostgresWorkerRegistry implements WorkerRegistry {
  readonly #database: Database;
  readonly #leaseMilliseconds: number;

  constructor(database: Database, leaseMilliseconds = LEASE_MILLISECONDS) {
    this.#database = database;
    this.#leaseMilliseconds = leaseMilliseconds;
  }

  async announce(worker: WorkerRecord): Promise<void> {
    // A worker that is started anew may have another name: those of yesterday go.
    await this.#database.run(
      `WITH swept AS (DELETE FROM workers WHERE seen < clock_timestamp() - interval '1 day' AND name <> $1)
       INSERT INTO workers (name, record, seen) VALUES ($1, $2, clock_timestamp())
         ON CONFLICT (name) DO UPDATE SET record = EXCLUDED.record, seen = EXCLUDED.seen`,
      worker.name,
      JSON.stringify(worker),
    );
  }

  async withdraw(name: string): Promise<void> {
    await this.#database.run("DELETE FROM workers WHERE name = $1", name);
  }

  async present(): Promise<readonly WorkerRecord[]> {
    const rows = await this.#database.all<{ record: WorkerRecord }>(
      `SELECT record FROM workers WHERE seen > clock_timestamp() - $1 * interval '1 millisecond'
        ORDER BY name COLLATE "C"`,
      this.#leaseMilliseconds,
    );
    return rows.map(({ record }) => record);
  }
}
