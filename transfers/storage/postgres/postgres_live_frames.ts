import { type Claim, ClaimLost, type FrameRecord, type LiveFrame, type LiveFrames } from "../ports.ts";
import { type Log, oneLine } from "../../log.ts";
import type { Database } from "./database.ts";

/** Bytes that are shown before the room of those that were replaced is made free. */
const BYTES_BETWEEN_VACUUMS = 32 * 2 ** 20;

/**
 * The newest frames of servers that share a database, in a table that is not logged. The room of a frame that was replaced
 * is used again once the table is vacuumed, for which the database's own round comes too late: a worker shows hundreds of
 * megabytes between two.
 */
export class PostgresLiveFrames implements LiveFrames, AsyncDisposable {
  readonly #database: Database;
  readonly #log: Log;
  /** Since the last vacuum. */
  #bytes = 0;
  #vacuuming: Promise<void> | null = null;

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  async show({ id, epoch }: Claim, { step, width, height, bytes }: LiveFrame): Promise<void> {
    // The claim is locked: whoever claims it next waits until this is done. It waits for no disk.
    const shown = await this.#database.run(
      `WITH held AS (
         SELECT id, set_config('synchronous_commit', 'off', true) FROM queue_claims
          WHERE id = $1 AND epoch = $2 AND worker IS NOT NULL FOR KEY SHARE
       )
       INSERT INTO live_frames (transfer, step, width, height, bytes) SELECT id, $3, $4, $5, $6 FROM held
         ON CONFLICT (transfer) DO UPDATE SET
           step = EXCLUDED.step, width = EXCLUDED.width, height = EXCLUDED.height, bytes = EXCLUDED.bytes`,
      id,
      epoch,
      step,
      width,
      height,
      bytes,
    );
    if (shown === 0) {
      throw new ClaimLost(`Cannot show a frame of transfer ${id}: its claim ${epoch} is in force no more`);
    }
    this.#bytes += bytes.length;
    if (this.#bytes >= BYTES_BETWEEN_VACUUMS) this.#vacuuming ??= this.#vacuum().finally(() => this.#vacuuming = null);
  }

  async newest(id: string): Promise<FrameRecord | null> {
    return await this.#database.first<FrameRecord>(
      "SELECT step, width, height FROM live_frames WHERE transfer = $1",
      id,
    ) ?? null;
  }

  async read(id: string, step: number): Promise<Uint8Array | null> {
    const found = await this.#database.first<{ bytes: Uint8Array }>(
      "SELECT bytes FROM live_frames WHERE transfer = $1 AND step = $2",
      id,
      step,
    );
    return found?.bytes ?? null;
  }

  async remove(id: string): Promise<void> {
    await this.#database.run("DELETE FROM live_frames WHERE transfer = $1", id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vacuuming;
  }

  async #vacuum(): Promise<void> {
    this.#bytes = 0;
    try {
      // Where another server is at it, that will do.
      await this.#database.run("VACUUM (SKIP_LOCKED, TRUNCATE false) live_frames");
    } catch (error) {
      this.#log.warn(`Cannot make room among frames now: ${oneLine(error)}`);
    }
  }
}
