// The port answers with promises and SQLite at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import type { LossPoint } from "../../../engine/objective/losses.ts";
import { GramcastError } from "../../../errors.ts";
import type {
  Append,
  Footprint,
  FrameRecord,
  KeptFrame,
  Listed,
  ListQuery,
  NewEvent,
  TransferStore,
} from "../ports.ts";
import type { Owner, TransferEvent, TransferRecord, TransferStatus, WebhookRecord } from "../../types.ts";
import type { Database } from "./database.ts";
import { EVENT_BYTES, EventLog } from "./event_log.ts";
import type { FileFolder } from "./file_folder.ts";
import { ofOwner } from "./of_owner.ts";
import { Outbox } from "./outbox.ts";
import { TransferFiles } from "./transfer_files.ts";
import { insertRecord, recordOf, type TransferRow, updateRecord } from "./transfer_rows.ts";

/** Transfers in a database, their checkpoints and frames in files beside it. */
export class SqliteTransferStore implements TransferStore {
  readonly #database: Database;
  readonly #folder: FileFolder;
  readonly #files: TransferFiles;
  readonly #log: EventLog;
  readonly #outbox: Outbox;

  constructor(database: Database, folder: FileFolder) {
    this.#database = database;
    this.#folder = folder;
    this.#files = new TransferFiles(database, folder);
    this.#log = new EventLog(database);
    this.#outbox = new Outbox(database);
  }

  /** One process is alone with it: what it has claimed nobody else writes. */
  under(): TransferStore {
    return this;
  }

  async create(
    record: TransferRecord,
    event: NewEvent,
    webhook: WebhookRecord | null = null,
  ): Promise<{ record: TransferRecord; created: boolean }> {
    const made = await this.#database.transaction(() => {
      const existing = record.idempotencyKey === null ? null : this.#findByKey(record.owner, record.idempotencyKey);
      if (existing !== null) return { record: existing, created: false };
      const stored = { ...record, sequence: 1 };
      const ordinal = insertRecord(this.#database, stored);
      this.#log.add(ordinal, 0, [event]);
      if (webhook !== null) this.#outbox.addWebhook(webhook, ordinal);
      return { record: stored, created: true };
    });
    await this.#database.flush();
    return made;
  }

  async get(id: string): Promise<TransferRecord | null> {
    const row = this.#row(id);
    return row === undefined ? null : recordOf(row);
  }

  async findByKey(owner: Owner, idempotencyKey: string): Promise<TransferRecord | null> {
    return this.#findByKey(owner, idempotencyKey);
  }

  #findByKey(owner: Owner, key: string): TransferRecord | null {
    const sql = "SELECT * FROM transfers WHERE owner = ? AND idempotency_key = ?";
    const row = this.#database.first<TransferRow>(sql, owner, key);
    return row === undefined ? null : recordOf(row);
  }

  async list({ owner, statuses, olderThan, newerThan, limit, take }: ListQuery): Promise<readonly Listed[]> {
    const rows = this.#database.all<TransferRow>(
      `SELECT * FROM transfers
        WHERE ${ofOwner(owner)} AND ordinal < ?2 AND ordinal > ?3
          AND (?4 IS NULL OR status IN (SELECT value FROM json_each(?4)))
        ORDER BY ordinal ${take === "newest" ? "DESC" : "ASC"} LIMIT ?5`,
      owner,
      olderThan ?? Number.MAX_SAFE_INTEGER,
      newerThan ?? 0,
      statuses === null ? null : JSON.stringify(statuses),
      limit,
    );
    if (take === "oldest") rows.reverse();
    return rows.map((row) => ({ ordinal: row.ordinal, record: recordOf(row) }));
  }

  async count(owner: Owner | null, statuses: readonly TransferStatus[] | null): Promise<number> {
    return this.#database.first<{ count: number }>(
      `SELECT count(*) AS count FROM transfers
        WHERE ${ofOwner(owner)} AND (?2 IS NULL OR status IN (SELECT value FROM json_each(?2)))`,
      owner,
      statuses === null ? null : JSON.stringify(statuses),
    )!.count;
  }

  async withStatus(statuses: readonly TransferStatus[]): Promise<readonly TransferRecord[]> {
    return this.#database.all<TransferRow>(
      "SELECT * FROM transfers WHERE status IN (SELECT value FROM json_each(?)) ORDER BY ordinal",
      JSON.stringify(statuses),
    ).map(recordOf);
  }

  async append(id: string, { from, changes, events, notice = null }: Append): Promise<TransferRecord | null> {
    const after = await this.#database.transaction(() => {
      const row = this.#row(id);
      if (row === undefined || !from.includes(row.status)) return null;
      const before = recordOf(row);
      this.#log.add(row.ordinal, before.sequence, events);
      const changed = { ...before, ...changes, sequence: before.sequence + events.length };
      updateRecord(this.#database, row.ordinal, before, changed);
      if (notice !== null) this.#outbox.addNotice(row.ordinal, changed, notice);
      return changed;
    });
    // A step that a power cut takes back is computed again, with the same result. What was told of a status stays true.
    if (events.some(({ losses }) => losses === null)) await this.#database.flush();
    return after;
  }

  async events(id: string, after: number, limit: number): Promise<readonly TransferEvent[]> {
    const row = this.#row(id);
    return row === undefined ? [] : this.#log.read(row.ordinal, after, limit);
  }

  async lossHistory(id: string, points: number): Promise<readonly LossPoint[]> {
    const row = this.#row(id);
    return row === undefined ? [] : await this.#log.losses(row.ordinal, points);
  }

  async saveCheckpoint(id: string, step: number, bytes: Uint8Array): Promise<void> {
    const row = this.#row(id);
    if (row !== undefined) await this.#files.saveCheckpoint(row.ordinal, step, bytes);
  }

  async checkpoints(id: string): Promise<readonly number[]> {
    return this.#files.checkpoints(this.#ordinal(id));
  }

  async readCheckpoint(id: string, step: number): Promise<Uint8Array> {
    return await this.#files.readCheckpoint(this.#ordinal(id), step);
  }

  async saveFrame(id: string, frame: FrameRecord, bytes: Uint8Array, keep: boolean): Promise<void> {
    const row = this.#row(id);
    if (row !== undefined) await this.#files.saveFrame(row.ordinal, frame, bytes, keep);
  }

  async frames(id: string): Promise<readonly KeptFrame[]> {
    return this.#files.frames(this.#ordinal(id));
  }

  async removeFrames(id: string, steps: readonly number[]): Promise<void> {
    const row = this.#row(id);
    if (row !== undefined) await this.#files.removeFrames(row.ordinal, steps);
  }

  async readFrame(id: string, step: number): Promise<Uint8Array | null> {
    return await this.#files.readFrame(this.#ordinal(id), step);
  }

  async remove(id: string): Promise<boolean> {
    const row = this.#row(id);
    if (row === undefined) return false;
    const removed = await this.#folder.release(
      () => this.#files.names(row.ordinal),
      () => {
        this.#database.run("INSERT OR IGNORE INTO removed VALUES (?)", row.ordinal);
        return this.#database.run("DELETE FROM transfers WHERE ordinal = ?", row.ordinal);
      },
    );
    await this.sweep();
    return removed > 0;
  }

  async ended(): Promise<readonly Footprint[]> {
    return this.#database.all<{ id: string; finished_at: number | null; bytes: number }>(
      `SELECT id, finished_at, file_bytes + ${EVENT_BYTES} * sequence AS bytes FROM transfers
        WHERE status IN ('SUCCEEDED', 'FAILED', 'CANCELLED') ORDER BY finished_at, ordinal`,
    ).map(({ id, finished_at, bytes }) => ({ id, finishedAt: finished_at ?? 0, bytes }));
  }

  async imageUses(imageId: string): Promise<number> {
    const sql = "SELECT count(*) AS count FROM image_uses WHERE image = ?";
    return this.#database.first<{ count: number }>(sql, imageId)!.count;
  }

  async bytesOf(owner: Owner): Promise<number> {
    const sql = "SELECT files FROM owner_bytes WHERE owner = ?";
    return this.#database.first<{ files: number }>(sql, owner)?.files ?? 0;
  }

  async addWork(owner: Owner, day: number, work: number): Promise<void> {
    await this.#database.transaction(() => {
      this.#database.run("DELETE FROM owner_work WHERE day < ?", day - 1);
      this.#database.run(
        `INSERT INTO owner_work (day, owner, work) VALUES (?1, ?2, max(?3, 0.0))
           ON CONFLICT (day, owner) DO UPDATE SET work = max(work + ?3, 0.0)`,
        day,
        owner,
        work,
      );
    });
  }

  async workOf(owner: Owner, day: number): Promise<number> {
    const sql = "SELECT work FROM owner_work WHERE day = ? AND owner = ?";
    return this.#database.first<{ work: number }>(sql, day, owner)?.work ?? 0;
  }

  /** Deletes the rest of deleted transfers; what a full disk keeps from being deleted goes next time. */
  async sweep(): Promise<void> {
    await this.#log.sweep().catch((error) => {
      if (!(error instanceof GramcastError)) throw error;
    });
  }

  #row(id: string): TransferRow | undefined {
    return this.#database.first<TransferRow>("SELECT * FROM transfers WHERE id = ?", id);
  }

  /** 0, which no transfer has, where there is none. */
  #ordinal(id: string): number {
    return this.#database.first<{ ordinal: number }>("SELECT ordinal FROM transfers WHERE id = ?", id)?.ordinal ?? 0;
  }
}
