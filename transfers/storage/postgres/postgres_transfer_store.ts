import { GramcastError } from "../../../errors.ts";
import type { LossPoint } from "../../../engine/objective/losses.ts";
import type { BlobStore } from "../blobs/ports.ts";
import {
  type Append,
  type Claim,
  type Footprint,
  type FrameRecord,
  type KeptFrame,
  type Listed,
  type ListQuery,
  type NewEvent,
  type TransferStore,
} from "../ports.ts";
import {
  type Owner,
  TRANSFER_STATUSES,
  type TransferEvent,
  type TransferRecord,
  type TransferStatus,
  type WebhookRecord,
} from "../../types.ts";
import { Appender } from "./appender.ts";
import { ClaimedAppends, compareEpochs } from "./claimed_appends.ts";
import type { Queries, Value } from "./client.ts";
import type { Database } from "./database.ts";
import { EVENT_BYTES, EventLog } from "./event_log.ts";
import { KnownLossLayers } from "./loss_layers.ts";
import { addWebhook } from "./outbox.ts";
import { TransferFiles } from "./transfer_files.ts";
import { prepareTransfer } from "./new_transfers.ts";
import { recordsOf, TRANSFER_COLUMNS, type TransferRow } from "./transfer_rows.ts";

/** Transfers in PostgreSQL, their checkpoints and frames in blobs. Any number of servers may have it open. */
export class PostgresTransferStore implements TransferStore {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #claim: Claim | null;
  readonly #layers: KnownLossLayers;
  readonly #log: EventLog;
  readonly #appender: Appender;
  readonly #claimed: ClaimedAppends | null;
  readonly #files: TransferFiles;

  /**
   * @param claim What it writes one of them under.
   * @param layers Those that are known already.
   */
  constructor(
    database: Database,
    blobs: BlobStore,
    claim: Claim | null = null,
    layers: KnownLossLayers = new KnownLossLayers(database),
  ) {
    this.#database = database;
    this.#blobs = blobs;
    this.#claim = claim;
    this.#layers = layers;
    this.#log = new EventLog(database, layers);
    this.#appender = new Appender(database, layers, this.#log);
    this.#claimed = claim && new ClaimedAppends(database, this.#appender, claim);
    this.#files = new TransferFiles(database, blobs, (queries, id) => this.#lock(queries, id));
  }

  under(claim: Claim): TransferStore {
    return new PostgresTransferStore(this.#database, this.#blobs, claim, this.#layers);
  }

  async create(
    record: TransferRecord,
    event: NewEvent,
    webhook: WebhookRecord | null = null,
  ): Promise<{ record: TransferRecord; created: boolean }> {
    const stored = { ...record, sequence: 1 };
    const insert = await prepareTransfer({ record, event }, this.#log, this.#layers);
    // Looked for first: an ordinal is used up by what is not added, too.
    if (record.idempotencyKey !== null) {
      const existing = await this.findByKey(record.owner, record.idempotencyKey);
      if (existing !== null) return { record: existing, created: false };
    }
    const created = await this.#database.transaction(async (queries) => {
      const ordinal = await insert(queries);
      if (ordinal === null) return false;
      if (webhook !== null) await addWebhook(queries, webhook, ordinal);
      return true;
    });
    // Another was faster, and is found now, unless it has been removed already.
    return created ? { record: stored, created } : await this.create(record, event, webhook);
  }

  async get(id: string): Promise<TransferRecord | null> {
    return await this.#first("WHERE id = $1", id);
  }

  async findByKey(owner: Owner, idempotencyKey: string): Promise<TransferRecord | null> {
    return await this.#first("WHERE owner = $1 AND idempotency_key = $2", owner, idempotencyKey);
  }

  async list({ owner, statuses, olderThan, newerThan, limit, take }: ListQuery): Promise<readonly Listed[]> {
    const values: Value[] = [olderThan ?? Number.MAX_SAFE_INTEGER, newerThan ?? 0, limit];
    const wanted = `ordinal < $1 AND ordinal > $2 ${owner === null ? "" : `AND owner = $${values.push(owner)}`}`;
    const order = `ORDER BY ordinal ${take === "newest" ? "DESC" : "ASC"} LIMIT $3`;
    const all = (condition: string) => `SELECT ${TRANSFER_COLUMNS} FROM transfers WHERE ${condition} ${order}`;
    // Each status on its own, since an index has its transfers in order, and by its name, since some of them are rare.
    const each = TRANSFER_STATUSES.filter((status) => statuses?.includes(status))
      .map((status) => `(${all(`status = '${status}' AND ${wanted}`)})`);
    if (statuses !== null && each.length === 0) return [];
    const sql = statuses === null ? all(wanted) : `SELECT * FROM (${each.join(" UNION ALL ")}) AS found ${order}`;
    const rows = await this.#database.all<TransferRow>(sql, ...values);
    if (take === "oldest") rows.reverse();
    const records = await recordsOf(rows, this.#layers);
    return rows.map(({ ordinal }, i) => ({ ordinal, record: records[i]! }));
  }

  async count(owner: Owner | null, statuses: readonly TransferStatus[] | null): Promise<number> {
    const values: Value[] = [];
    const conditions = [
      ...(owner === null ? [] : [`owner = $${values.push(owner)}`]),
      ...(statuses === null ? [] : [`status = ANY ($${values.push(statuses)}::text[])`]),
    ];
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    return (await this.#database.first<{ count: number }>(`SELECT count(*) FROM transfers ${where}`, ...values))!.count;
  }

  async withStatus(statuses: readonly TransferStatus[]): Promise<readonly TransferRecord[]> {
    const rows = await this.#database.all<TransferRow>(
      `SELECT ${TRANSFER_COLUMNS} FROM transfers WHERE status = ANY ($1::text[]) ORDER BY ordinal`,
      statuses,
    );
    return await recordsOf(rows, this.#layers);
  }

  async append(id: string, { name = crypto.randomUUID(), ...append }: Append): Promise<TransferRecord | null> {
    const named = { ...append, name };
    const row = this.#claim?.id === id
      ? await this.#claimed!.append(named)
      : await this.#appender.append(id, named, null);
    return row === undefined ? null : (await recordsOf([row], this.#layers))[0]!;
  }

  async events(id: string, after: number, limit: number): Promise<readonly TransferEvent[]> {
    return await this.#log.read(id, after, limit);
  }

  async lossHistory(id: string, points: number): Promise<readonly LossPoint[]> {
    return await this.#log.losses(id, points);
  }

  async saveCheckpoint(id: string, step: number, bytes: Uint8Array): Promise<void> {
    await this.#files.saveCheckpoint(id, step, bytes);
  }

  async checkpoints(id: string): Promise<readonly number[]> {
    return await this.#files.checkpoints(id);
  }

  async readCheckpoint(id: string, step: number): Promise<Uint8Array> {
    return await this.#files.readCheckpoint(id, step);
  }

  async saveFrame(id: string, frame: FrameRecord, bytes: Uint8Array, keep: boolean): Promise<void> {
    await this.#files.saveFrame(id, frame, bytes, keep);
  }

  async frames(id: string): Promise<readonly KeptFrame[]> {
    return await this.#files.frames(id);
  }

  async removeFrames(id: string, steps: readonly number[]): Promise<void> {
    await this.#files.removeFrames(id, steps);
  }

  async readFrame(id: string, step: number): Promise<Uint8Array | null> {
    return await this.#files.readFrame(id, step);
  }

  async remove(id: string): Promise<boolean> {
    const blobs = await this.#database.transaction(async (queries) => {
      const transfer = await this.#lock(queries, id);
      if (transfer === null) return null;
      const blobs = await this.#files.blobsOf(queries, transfer);
      await queries.run("INSERT INTO removed (transfer) VALUES ($1)", transfer);
      await queries.run("DELETE FROM transfers WHERE ordinal = $1", transfer);
      return blobs;
    });
    if (blobs === null) return false;
    await this.#files.release(blobs);
    await this.sweep();
    return true;
  }

  async ended(): Promise<readonly Footprint[]> {
    const rows = await this.#database.all<{ id: string; finished_at: number | null; bytes: number }>(
      `SELECT id, finished_at, file_bytes + ${EVENT_BYTES} * sequence::bigint AS bytes FROM transfers
        WHERE status IN ('SUCCEEDED', 'FAILED', 'CANCELLED') ORDER BY finished_at NULLS FIRST, ordinal`,
    );
    return rows.map(({ id, finished_at, bytes }) => ({ id, finishedAt: finished_at ?? 0, bytes }));
  }

  async imageUses(imageId: string): Promise<number> {
    const sql = "SELECT count(*) FROM transfer_images WHERE image = $1";
    return (await this.#database.first<{ count: number }>(sql, imageId))!.count;
  }

  async bytesOf(owner: Owner): Promise<number> {
    const sql = "SELECT files FROM owner_bytes WHERE owner = $1";
    return (await this.#database.first<{ files: number }>(sql, owner))?.files ?? 0;
  }

  async addWork(owner: Owner, day: number, work: number): Promise<void> {
    await this.#database.transaction(async (queries) => {
      await queries.run("DELETE FROM owner_work WHERE day < $1", day - 1);
      await queries.run(
        `INSERT INTO owner_work (day, owner, work) VALUES ($1, $2, greatest($3::double precision, 0))
           ON CONFLICT (day, owner) DO UPDATE SET work = greatest(owner_work.work + $3, 0)`,
        day,
        owner,
        work,
      );
    });
  }

  async workOf(owner: Owner, day: number): Promise<number> {
    const sql = "SELECT work FROM owner_work WHERE day = $1 AND owner = $2";
    return (await this.#database.first<{ work: number }>(sql, day, owner))?.work ?? 0;
  }

  /** Deletes the rest of deleted transfers; what cannot be deleted now goes next time. */
  async sweep(): Promise<void> {
    await this.#log.sweep().catch((error) => {
      if (!(error instanceof GramcastError)) throw error;
    });
  }

  async #first(where: string, ...values: Value[]): Promise<TransferRecord | null> {
    const rows = await this.#database.all<TransferRow>(`SELECT ${TRANSFER_COLUMNS} FROM transfers ${where}`, ...values);
    return (await recordsOf(rows, this.#layers))[0] ?? null;
  }

  async #lock(queries: Queries, id: string): Promise<number | null> {
    const row = await queries.first<{ ordinal: number; epoch: number }>(
      "SELECT ordinal, epoch FROM transfers WHERE id = $1 FOR NO KEY UPDATE",
      id,
    );
    if (row === undefined) return null;
    if (this.#claim?.id === id) compareEpochs(this.#claim, row.epoch);
    return row.ordinal;
  }
}
