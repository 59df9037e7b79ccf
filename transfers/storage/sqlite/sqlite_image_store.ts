// The port answers with promises and SQLite at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import { GramcastError } from "../../../errors.ts";
import type { ImageStore } from "../ports.ts";
import type { ImageRecord, Owner } from "../../types.ts";
import type { Database } from "./database.ts";
import type { FileFolder, FilePointer } from "./file_folder.ts";

const COLUMNS = `id, owner, sha256, width, height, mime_type AS mimeType, byte_length AS byteLength,
  created_at AS createdAt, uploaded_at AS uploadedAt`;
/** For the image of parameter 1. */
const UNUSED = "NOT EXISTS (SELECT 1 FROM image_uses WHERE image = ?1)";

/** Pictures in files, the same bytes in one file whoever has them. */
export class SqliteImageStore implements ImageStore {
  readonly #database: Database;
  readonly #folder: FileFolder;

  constructor(database: Database, folder: FileFolder) {
    this.#database = database;
    this.#folder = folder;
  }

  async put(record: ImageRecord, bytes: Uint8Array): Promise<ImageRecord> {
    const known = await this.#database.transaction(() => this.#blob(record.sha256) && this.#insert(record));
    if (known !== undefined) {
      await this.#database.flush();
      return known;
    }
    let kept = record;
    await this.#folder.keep(bytes, (pointer) => {
      // Another call may have kept the same bytes meanwhile.
      const first = this.#blob(record.sha256) === undefined;
      const { file, bytes } = pointer;
      if (first) this.#database.run("INSERT INTO blobs VALUES (?, ?, ?)", record.sha256, file, bytes);
      kept = this.#insert(record);
      return first ? [] : [file];
    });
    return kept;
  }

  async get(id: string): Promise<ImageRecord | null> {
    return imageOf(this.#database.first<ImageRecord>(`SELECT ${COLUMNS} FROM images WHERE id = ?`, id));
  }

  async upload(id: string, uploadedAt: number): Promise<ImageRecord | null> {
    const uploaded = await this.#database.transaction(() =>
      this.#database.first<ImageRecord>(
        `UPDATE images SET uploaded_at = ? WHERE id = ? RETURNING ${COLUMNS}`,
        uploadedAt,
        id,
      )
    );
    await this.#database.flush();
    return imageOf(uploaded);
  }

  async find(owner: Owner, sha256: string): Promise<ImageRecord | null> {
    return this.#find(owner, sha256);
  }

  async read(record: ImageRecord): Promise<Uint8Array> {
    return await this.#folder.read(() => this.#blob(record.sha256)) ?? gone(record);
  }

  async stream(record: ImageRecord): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return (await this.#folder.open(() => this.#blob(record.sha256)))?.readable ?? gone(record);
  }

  async link(): Promise<null> {
    return null;
  }

  async hold(id: string): Promise<ImageRecord | null> {
    return await this.get(id);
  }

  async letGo(): Promise<void> {}

  async remove(id: string): Promise<boolean> {
    return await this.#folder.release(
      () =>
        this.#database.all<FilePointer>(
          `SELECT file FROM blobs JOIN images USING (sha256) WHERE images.id = ?1 AND ${UNUSED} AND NOT EXISTS
             (SELECT 1 FROM images AS other WHERE other.sha256 = images.sha256 AND other.id <> ?1)`,
          id,
        ).map(({ file }) => file),
      () => {
        const removed = this.#database.first<{ sha256: string }>(
          `DELETE FROM images WHERE id = ?1 AND ${UNUSED} RETURNING sha256`,
          id,
        );
        this.#database.run(
          "DELETE FROM blobs WHERE sha256 = ?1 AND NOT EXISTS (SELECT 1 FROM images WHERE images.sha256 = ?1)",
          removed?.sha256 ?? null,
        );
        return this.#database.first("SELECT 1 FROM images WHERE id = ?", id) === undefined;
      },
    );
  }

  async all(): Promise<readonly ImageRecord[]> {
    return this.#database.all<ImageRecord>(`SELECT ${COLUMNS} FROM images ORDER BY created_at, ordinal`)
      .map((row) => ({ ...row }));
  }

  async bytesOf(owner: Owner): Promise<number> {
    const sql = "SELECT images FROM owner_bytes WHERE owner = ?";
    return this.#database.first<{ images: number }>(sql, owner)?.images ?? 0;
  }

  #blob(sha256: string): FilePointer | undefined {
    return this.#database.first<FilePointer>("SELECT file, bytes FROM blobs WHERE sha256 = ?", sha256);
  }

  #find(owner: Owner, sha256: string): ImageRecord | null {
    const sql = `SELECT ${COLUMNS} FROM images WHERE owner = ? AND sha256 = ?`;
    return imageOf(this.#database.first<ImageRecord>(sql, owner, sha256));
  }

  /** Adds a record to a blob that is there; where its owner has one already, that is answered. */
  #insert(record: ImageRecord): ImageRecord {
    const existing = this.#find(record.owner, record.sha256);
    if (existing !== null) return existing;
    this.#database.run(
      `INSERT INTO images (id, owner, sha256, width, height, mime_type, byte_length, created_at, uploaded_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    return record;
  }
}

function gone({ id }: ImageRecord): never {
  throw new GramcastError("NOT_FOUND", `Cannot read image ${id}: it is gone`);
}

/** SQLite's rows have no prototype; records have the usual one. */
function imageOf(row: ImageRecord | undefined): ImageRecord | null {
  return row === undefined ? null : { ...row };
}
