import { GramcastError } from "../../../errors.ts";
import type { BlobStore } from "../blobs/ports.ts";
import { CHECKPOINTS_KEPT, type FrameRecord, type KeptFrame } from "../ports.ts";
import type { Queries } from "./client.ts";
import type { Database } from "./database.ts";

/** A blob that a row points to. */
interface Pointer {
  readonly blob: string;
  readonly bytes: number;
}

/**
 * Has a row of `transfers` locked for the transaction that asks, and answers its ordinal; null when there is none.
 *
 * @throws {ClaimLost}
 */
export type LockTransfer = (queries: Queries, id: string) => Promise<number | null>;

/** Begins the keys of all that is kept here. */
export const BLOB_PREFIX = "transfers/";

/** Which of these blobs are pointed to. */
export async function pointedTransferBlobs(queries: Queries, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await queries.all<{ blob: string }>(
    `SELECT blob FROM checkpoints WHERE blob = ANY ($1::text[])
     UNION ALL SELECT blob FROM frames WHERE blob = ANY ($1::text[])`,
    keys,
  );
  return new Set(rows.map(({ blob }) => blob));
}

/**
 * Checkpoints and frames: rows, and the blobs that they point to. A blob is there before its row and goes after it; what a
 * stop in between leaves is an orphan, which others remove.
 */
export class TransferFiles {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #lock: LockTransfer;

  constructor(database: Database, blobs: BlobStore, lock: LockTransfer) {
    this.#database = database;
    this.#blobs = blobs;
    this.#lock = lock;
  }

  async saveCheckpoint(id: string, step: number, bytes: Uint8Array): Promise<void> {
    await this.#keep(id, bytes, async (queries, transfer, blob) => {
      const replaced = await queries.all<Pointer>(
        `DELETE FROM checkpoints WHERE transfer = $1 AND step NOT IN
           (SELECT step FROM checkpoints WHERE transfer = $1 AND step < $2 ORDER BY step DESC LIMIT $3)
         RETURNING blob, bytes`,
        transfer,
        step,
        CHECKPOINTS_KEPT - 1,
      );
      await queries.run(
        "INSERT INTO checkpoints (transfer, step, blob, bytes) VALUES ($1, $2, $3, $4)",
        transfer,
        step,
        blob,
        bytes.length,
      );
      return replaced;
    });
  }

  /** Steps, newest first. */
  async checkpoints(id: string): Promise<number[]> {
    const rows = await this.#database.all<{ step: number }>(
      `SELECT checkpoints.step FROM transfers JOIN checkpoints ON transfer = ordinal
        WHERE id = $1 ORDER BY checkpoints.step DESC`,
      id,
    );
    return rows.map(({ step }) => step);
  }

  /** @throws {GramcastError} CHECKPOINT_UNREADABLE */
  async readCheckpoint(id: string, step: number): Promise<Uint8Array> {
    const bytes = await this.#read("checkpoints", id, step);
    if (bytes !== null) return bytes;
    throw new GramcastError(
      "CHECKPOINT_UNREADABLE",
      `Cannot read the checkpoint of step ${step}: found none, or a damaged one, wanted the one that was kept`,
    );
  }

  async saveFrame(id: string, { step, width, height }: FrameRecord, bytes: Uint8Array, keep: boolean): Promise<void> {
    await this.#keep(id, bytes, async (queries, transfer, blob) => {
      const replaced = await queries.all<Pointer & { step: number; keep: boolean }>(
        "DELETE FROM frames WHERE transfer = $1 AND (step = $2 OR NOT keep) RETURNING step, keep, blob, bytes",
        transfer,
        step,
      );
      await queries.run(
        "INSERT INTO frames (transfer, step, width, height, keep, blob, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        transfer,
        step,
        width,
        height,
        keep || replaced.some((frame) => frame.step === step && frame.keep),
        blob,
        bytes.length,
      );
      return replaced;
    });
  }

  /** By step. */
  async frames(id: string): Promise<KeptFrame[]> {
    return await this.#database.all<KeptFrame>(
      `SELECT frames.step, width, height, bytes FROM transfers JOIN frames ON transfer = ordinal
        WHERE id = $1 ORDER BY frames.step`,
      id,
    );
  }

  async removeFrames(id: string, steps: readonly number[]): Promise<void> {
    const removed = await this.#database.transaction(async (queries) => {
      const transfer = await this.#lock(queries, id);
      if (transfer === null) return [];
      const sql = "DELETE FROM frames WHERE transfer = $1 AND step = ANY ($2::integer[]) RETURNING blob, bytes";
      const removed = await queries.all<Pointer>(sql, transfer, steps);
      await addBytes(queries, transfer, -sumOf(removed));
      return removed;
    });
    await this.release(removed.map(({ blob }) => blob));
  }

  readFrame(id: string, step: number): Promise<Uint8Array | null> {
    return this.#read("frames", id, step);
  }

  /** All blobs of a transfer. */
  async blobsOf(queries: Queries, transfer: number): Promise<string[]> {
    const rows = await queries.all<{ blob: string }>(
      "SELECT blob FROM checkpoints WHERE transfer = $1 UNION ALL SELECT blob FROM frames WHERE transfer = $1",
      transfer,
    );
    return rows.map(({ blob }) => blob);
  }

  /** Removes blobs that no row points to any more; those that cannot be removed now are orphans. */
  async release(blobs: readonly string[]): Promise<void> {
    for (const blob of blobs) {
      await this.#blobs.remove(blob).catch((error) => {
        if (!(error instanceof GramcastError)) throw error;
      });
    }
  }

  /** Keeps bytes and has a row point to them, which may take the place of others. */
  async #keep(
    id: string,
    bytes: Uint8Array,
    exchange: (queries: Queries, transfer: number, blob: string) => Promise<Pointer[]>,
  ): Promise<void> {
    const blob = `${BLOB_PREFIX}${crypto.randomUUID()}`;
    await this.#blobs.put(blob, bytes);
    let unneeded: string[];
    try {
      unneeded = await this.#database.transaction(async (queries) => {
        const transfer = await this.#lock(queries, id);
        if (transfer === null) return [blob];
        const replaced = await exchange(queries, transfer, blob);
        await addBytes(queries, transfer, bytes.length - sumOf(replaced));
        return replaced.map(({ blob }) => blob);
      });
    } catch (error) {
      // Where nobody knows whether the row was written, the blob has to stay.
      const unsure = error instanceof GramcastError && error.code === "STORAGE_UNAVAILABLE";
      if (!unsure) await this.release([blob]);
      throw error;
    }
    await this.release(unneeded);
  }

  async #read(table: "checkpoints" | "frames", id: string, step: number): Promise<Uint8Array | null> {
    const sql =
      `SELECT blob, bytes FROM transfers JOIN ${table} ON transfer = ordinal WHERE id = $1 AND ${table}.step = $2`;
    for (let before: string | null = null;;) {
      const pointer = await this.#database.first<Pointer>(sql, id, step);
      if (pointer === undefined || pointer.blob === before) return null;
      const found = await this.#blobs.get(pointer.blob);
      if (found !== null && found.length === pointer.bytes) return found;
      // Another has taken its place meanwhile, perhaps.
      before = pointer.blob;
    }
  }
}

function sumOf(pointers: readonly Pointer[]): number {
  return pointers.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function addBytes(queries: Queries, transfer: number, bytes: number): Promise<void> {
  await queries.run("UPDATE transfers SET file_bytes = file_bytes + $2 WHERE ordinal = $1", transfer, bytes);
}
