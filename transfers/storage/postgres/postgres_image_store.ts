import { GramcastError } from "../../../errors.ts";
import { type Log, oneLine } from "../../log.ts";
import type { BlobStore } from "../blobs/ports.ts";
import { HOLD_MILLISECONDS, type ImageStore } from "../ports.ts";
import type { ImageRecord, Owner } from "../../types.ts";
import type { Queries } from "./client.ts";
import type { Database } from "./database.ts";

/** Keys of the blobs of pictures begin with it. */
export const IMAGE_BLOBS = "images/";

/** Which of these blobs are pointed to. */
export async function pointedImageBlobs(queries: Queries, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await queries.all<{ key: string }>("SELECT key FROM blobs WHERE key = ANY ($1::text[])", keys);
  return new Set(rows.map(({ key }) => key));
}

const COLUMNS = `id, owner, sha256, width, height, mime_type AS "mimeType", byte_length AS "byteLength",
  created_at AS "createdAt", uploaded_at AS "uploadedAt"`;

/**
 * Pictures as blobs, the same bytes in one blob whoever has them.
 *
 * Whatever adds or removes a picture has locked first the row of its blob: so none is added to a blob that goes. Whatever
 * comes to use one has its own row locked (`useImages`), as what removes it has: so none goes that is used.
 */
export class PostgresImageStore implements ImageStore {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #log: Log;

  constructor(database: Database, blobs: BlobStore, log: Log) {
    this.#database = database;
    this.#blobs = blobs;
    this.#log = log;
  }

  async put(record: ImageRecord, bytes: Uint8Array): Promise<ImageRecord> {
    const known = await this.#database.transaction(async (queries) => {
      const sql = "SELECT 1 FROM blobs WHERE sha256 = $1 FOR KEY SHARE";
      return await queries.first(sql, record.sha256) === undefined ? null : await insert(queries, record);
    });
    if (known !== null) return known;
    const key = IMAGE_BLOBS + crypto.randomUUID();
    await this.#blobs.put(key, bytes);
    // Where this fails nobody knows whether the row was written: the blob is an orphan then, or none.
    const { kept, first } = await this.#database.transaction(async (queries) => {
      const blob = await queries.first<{ key: string }>(
        `INSERT INTO blobs (sha256, key, bytes) VALUES ($1, $2, $3)
         ON CONFLICT (sha256) DO UPDATE SET bytes = excluded.bytes RETURNING key`,
        record.sha256,
        key,
        bytes.byteLength,
      );
      return { kept: await insert(queries, record), first: blob!.key === key };
    });
    // Another call has kept the same bytes meanwhile.
    if (!first) await this.#discard(key);
    return kept;
  }

  async get(id: string): Promise<ImageRecord | null> {
    return await this.#database.first<ImageRecord>(`SELECT ${COLUMNS} FROM images WHERE id = $1`, id) ?? null;
  }

  async upload(id: string, uploadedAt: number): Promise<ImageRecord | null> {
    const sql = `UPDATE images SET uploaded_at = $2 WHERE id = $1 RETURNING ${COLUMNS}`;
    return await this.#database.first<ImageRecord>(sql, id, uploadedAt) ?? null;
  }

  async find(owner: Owner, sha256: string): Promise<ImageRecord | null> {
    const sql = `SELECT ${COLUMNS} FROM images WHERE owner = $1 AND sha256 = $2`;
    return await this.#database.first<ImageRecord>(sql, owner, sha256) ?? null;
  }

  async read(record: ImageRecord): Promise<Uint8Array> {
    return await this.#there(record, (key) => this.#blobs.get(key));
  }

  async stream(record: ImageRecord): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return await this.#there(record, (key) => this.#blobs.stream(key));
  }

  async link(record: ImageRecord, seconds: number): Promise<string | null> {
    const { mimeType: contentType } = record;
    const there = await this.#there(record, async (key) => ({
      link: await this.#blobs.presign(key, { seconds, contentType, fileName: null }),
    }));
    return there.link;
  }

  async hold(id: string, holder: string): Promise<ImageRecord | null> {
    // What is about to remove it is waited for.
    const held = await this.#database.first<ImageRecord>(
      `WITH held AS (
         INSERT INTO image_holds (holder, image, until)
         SELECT $2, id, clock_timestamp() + $3 * interval '1 millisecond' FROM images WHERE id = $1 FOR KEY SHARE
         ON CONFLICT (holder, image) DO UPDATE SET until = excluded.until RETURNING image
       )
       SELECT ${COLUMNS} FROM images JOIN held ON image = id`,
      id,
      holder,
      HOLD_MILLISECONDS,
    );
    return held ?? null;
  }

  async letGo(holder: string): Promise<void> {
    // And what holders that stopped have left.
    await this.#database.run("DELETE FROM image_holds WHERE holder = $1 OR until < clock_timestamp()", holder);
  }

  async remove(id: string): Promise<boolean> {
    const { gone, key } = await this.#database.transaction((queries) => removeRecord(queries, id));
    if (key !== null) await this.#discard(key);
    return gone;
  }

  async all(): Promise<readonly ImageRecord[]> {
    return await this.#database.all<ImageRecord>(`SELECT ${COLUMNS} FROM images ORDER BY created_at, ordinal`);
  }

  async bytesOf(owner: Owner): Promise<number> {
    const sql = "SELECT images FROM owner_bytes WHERE owner = $1";
    return (await this.#database.first<{ images: number }>(sql, owner))?.images ?? 0;
  }

  /** What is under the key of an image, also when that changes because all who have it remove it and one puts it anew. */
  async #there<T>({ id, sha256 }: ImageRecord, read: (key: string) => Promise<T | null>): Promise<T> {
    for (let seen: string | null = null;;) {
      const blob = await this.#database.first<{ key: string }>("SELECT key FROM blobs WHERE sha256 = $1", sha256);
      if (blob === undefined || blob.key === seen) {
        throw new GramcastError("NOT_FOUND", `Cannot read image ${id}: it is gone`);
      }
      const found = await read(blob.key);
      if (found !== null) return found;
      seen = blob.key;
    }
  }

  /** Removes a blob that no row points to. One that stays is removed with the orphans. */
  async #discard(key: string): Promise<void> {
    await this.#blobs.remove(key).catch((error) =>
      this.#log.warn(`Cannot remove a picture's bytes: ${oneLine(error)}`)
    );
  }
}

/** Adds a record to a blob whose row is locked; where its owner has one already, that is answered. */
async function insert(queries: Queries, record: ImageRecord): Promise<ImageRecord> {
  const kept = await queries.first<ImageRecord>(
    `INSERT INTO images (id, owner, sha256, width, height, mime_type, byte_length, created_at, uploaded_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (sha256, owner) DO UPDATE SET owner = excluded.owner RETURNING ${COLUMNS}`,
    record.id,
    record.owner,
    record.sha256,
    record.width,
    record.height,
    record.mimeType,
    record.byteLength,
    record.createdAt,
    record.uploadedAt,
  );
  return kept!;
}

/** Removes a record that may go. @returns Whether it is gone, and the key of the blob if that is to go with it. */
async function removeRecord(queries: Queries, id: string): Promise<{ gone: boolean; key: string | null }> {
  const record = await queries.first<{ sha256: string }>("SELECT sha256 FROM images WHERE id = $1", id);
  if (record === undefined) return { gone: true, key: null };
  const { sha256 } = record;
  await queries.run("SELECT 1 FROM blobs WHERE sha256 = $1 FOR UPDATE", sha256);
  // Whoever came to hold or use it before this is seen by the next statement.
  await queries.run("SELECT 1 FROM images WHERE id = $1 FOR UPDATE", id);
  const kept = await queries.first(
    `SELECT 1 FROM images WHERE id = $1
       AND (EXISTS (SELECT 1 FROM image_holds WHERE image = $1 AND until > clock_timestamp())
         OR EXISTS (SELECT 1 FROM transfer_images WHERE image = $1))`,
    id,
  );
  if (kept !== undefined) return { gone: false, key: null };
  await queries.run("DELETE FROM images WHERE id = $1", id);
  const blob = await queries.first<{ key: string }>(
    "DELETE FROM blobs WHERE sha256 = $1 AND NOT EXISTS (SELECT 1 FROM images WHERE sha256 = $1) RETURNING key",
    sha256,
  );
  return { gone: true, key: blob?.key ?? null };
}
