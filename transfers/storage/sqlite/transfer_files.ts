import { GramcastError } from "../../../errors.ts";
import { CHECKPOINTS_KEPT, type FrameRecord, type KeptFrame } from "../ports.ts";
import type { Database } from "./database.ts";
import type { FileFolder, FilePointer } from "./file_folder.ts";

/** Checkpoints and frames. Transfers are known by their ordinals, which are never used again. */
export class TransferFiles {
  readonly #database: Database;
  readonly #folder: FileFolder;

  constructor(database: Database, folder: FileFolder) {
    this.#database = database;
    this.#folder = folder;
  }

  async saveCheckpoint(transfer: number, step: number, bytes: Uint8Array): Promise<void> {
    await this.#folder.keep(bytes, (pointer) =>
      this.#replace(transfer, pointer, () => {
        const replaced = this.#database.all<FilePointer>(
          `DELETE FROM checkpoints WHERE transfer = ?1 AND step NOT IN
             (SELECT step FROM checkpoints WHERE transfer = ?1 AND step < ?2 ORDER BY step DESC LIMIT ?3)
           RETURNING file, bytes`,
          transfer,
          step,
          CHECKPOINTS_KEPT - 1,
        );
        this.#database.run("INSERT INTO checkpoints VALUES (?, ?, ?, ?)", transfer, step, pointer.file, pointer.bytes);
        return replaced;
      }));
  }

  /** Steps, newest first. */
  checkpoints(transfer: number): number[] {
    return this.#database.all<{ step: number }>(
      "SELECT step FROM checkpoints WHERE transfer = ? ORDER BY step DESC",
      transfer,
    ).map(({ step }) => step);
  }

  /** @throws {GramcastError} CHECKPOINT_UNREADABLE */
  async readCheckpoint(transfer: number, step: number): Promise<Uint8Array> {
    const sql = "SELECT file, bytes FROM checkpoints WHERE transfer = ? AND step = ?";
    const bytes = await this.#folder.read(() => this.#database.first<FilePointer>(sql, transfer, step));
    if (bytes !== null) return bytes;
    throw new GramcastError(
      "CHECKPOINT_UNREADABLE",
      `Cannot read the checkpoint of step ${step}: found none, or one of another length, wanted the one that was kept`,
    );
  }

  async saveFrame(transfer: number, { step, width, height }: FrameRecord, bytes: Uint8Array, keep: boolean) {
    await this.#folder.keep(bytes, (pointer) =>
      this.#replace(transfer, pointer, () => {
        const kept = this.#database.first(
          "SELECT 1 FROM frames WHERE transfer = ? AND step = ? AND keep",
          transfer,
          step,
        );
        const replaced = this.#database.all<FilePointer>(
          "DELETE FROM frames WHERE transfer = ? AND (step = ? OR keep = 0) RETURNING file, bytes",
          transfer,
          step,
        );
        this.#database.run(
          "INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?, ?)",
          transfer,
          step,
          width,
          height,
          Number(keep || kept !== undefined),
          pointer.file,
          pointer.bytes,
        );
        return replaced;
      }));
  }

  /** By step. */
  frames(transfer: number): KeptFrame[] {
    return this.#database.all<KeptFrame>(
      "SELECT step, width, height, bytes FROM frames WHERE transfer = ? ORDER BY step",
      transfer,
    ).map((row) => ({ ...row }));
  }

  async removeFrames(transfer: number, steps: readonly number[]): Promise<void> {
    const chosen = "FROM frames WHERE transfer = ? AND step IN (SELECT value FROM json_each(?))";
    const values = [transfer, JSON.stringify(steps)] as const;
    await this.#folder.release(
      () => this.#database.all<{ file: string }>(`SELECT file ${chosen}`, ...values).map(({ file }) => file),
      () => {
        const removed = this.#database.all<{ bytes: number }>(`DELETE ${chosen} RETURNING bytes`, ...values);
        const freed = removed.reduce((sum, { bytes }) => sum + bytes, 0);
        this.#database.run("UPDATE transfers SET file_bytes = file_bytes - ? WHERE ordinal = ?", freed, transfer);
      },
    );
  }

  readFrame(transfer: number, step: number): Promise<Uint8Array | null> {
    const sql = "SELECT file, bytes FROM frames WHERE transfer = ? AND step = ?";
    return this.#folder.read(() => this.#database.first<FilePointer>(sql, transfer, step));
  }

  /** All files of a transfer. */
  names(transfer: number): string[] {
    return this.#database.all<{ file: string }>(
      "SELECT file FROM checkpoints WHERE transfer = ?1 UNION ALL SELECT file FROM frames WHERE transfer = ?1",
      transfer,
    ).map(({ file }) => file);
  }

  /** Puts a file in the place of others, unless its transfer was removed meanwhile. Answers what is not needed. */
  #replace(transfer: number, pointer: FilePointer, exchange: () => FilePointer[]): string[] {
    if (this.#database.first("SELECT 1 FROM transfers WHERE ordinal = ?", transfer) === undefined) {
      return [pointer.file];
    }
    const replaced = exchange();
    const freed = replaced.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#database.run(
      "UPDATE transfers SET file_bytes = file_bytes + ? WHERE ordinal = ?",
      pointer.bytes - freed,
      transfer,
    );
    return replaced.map(({ file }) => file);
  }
}
