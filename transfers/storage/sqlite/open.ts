import { join } from "node:path";
import { GramcastError } from "../../../errors.ts";
import type { Log } from "../../log.ts";
import { MemoryEventBus } from "../memory/memory_event_bus.ts";
import { MemoryExclusion } from "../memory/memory_exclusion.ts";
import type { Storage } from "../ports.ts";
import { Database } from "./database.ts";
import { FileFolder } from "./file_folder.ts";
import { SqliteBatchStore } from "./sqlite_batch_store.ts";
import { SqliteImageStore } from "./sqlite_image_store.ts";
import { SqliteQueue } from "./sqlite_queue.ts";
import { SqliteTransferStore } from "./sqlite_transfer_store.ts";
import { SqliteWebhookStore } from "./sqlite_webhook_store.ts";
import { openingError } from "./storage_error.ts";

/**
 * Opens what is kept under a data directory, or begins it: `gramcast.db`, the folder `files`, and `lock`, which no second
 * server gets while this process lives. Removes what a stop in the middle of a write left.
 *
 * @throws {GramcastError} STORAGE_UNAVAILABLE when the directory cannot be written or another server has it;
 *   STORAGE_UNREADABLE when its database is damaged, missing, or of a newer version: then nothing is changed.
 */
export async function openSqliteStorage(dataDir: string, log: Log): Promise<Storage> {
  const files = join(dataDir, "files");
  await using cleanup = new AsyncDisposableStack();
  try {
    await Deno.mkdir(files, { recursive: true });
    cleanup.use(await lock(join(dataDir, "lock")));
    const database = cleanup.adopt(await openDatabase(dataDir, files, log), (database) => database.close());
    const folder = new FileFolder(files, database, log);
    const store = new SqliteTransferStore(database, folder);
    await folder.sweep(pointedFiles(database));
    await store.sweep();
    const open = cleanup.move();
    return {
      store,
      batches: new SqliteBatchStore(database),
      images: new SqliteImageStore(database, folder),
      queue: new SqliteQueue(database),
      webhooks: new SqliteWebhookStore(database),
      // One process is alone with the directory: its memory is all that these need.
      bus: new MemoryEventBus(),
      exclusion: new MemoryExclusion(),
      shared: null,
      close: () => open.disposeAsync(),
    };
  } catch (error) {
    throw openingError(error);
  }
}

/** The system lets go of the lock when the process ends, however it ends. */
async function lock(path: string): Promise<Deno.FsFile> {
  using cleanup = new DisposableStack();
  const file = cleanup.use(await Deno.open(path, { read: true, write: true, create: true }));
  if (!await file.tryLock(true)) {
    throw new GramcastError(
      "STORAGE_UNAVAILABLE",
      "Cannot use DATA_DIR: found another server on it, wanted one of its own for each server",
      { field: "DATA_DIR" },
    );
  }
  cleanup.move();
  return file;
}

async function openDatabase(dataDir: string, files: string, log: Log): Promise<Database> {
  const path = join(dataDir, "gramcast.db");
  if (!await exists(path)) {
    for await (const { name } of Deno.readDir(files)) {
      // To begin anew would take these for leftovers.
      throw new GramcastError(
        "STORAGE_UNREADABLE",
        `Cannot use DATA_DIR: found files/${name} and no gramcast.db, wanted both or neither`,
        { field: "DATA_DIR" },
      );
    }
  }
  return await Database.open(path, log);
}

function pointedFiles(database: Database): Set<string> {
  const rows = database.all<{ file: string }>(
    "SELECT file FROM checkpoints UNION ALL SELECT file FROM frames UNION ALL SELECT file FROM blobs",
  );
  return new Set(rows.map(({ file }) => file));
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
