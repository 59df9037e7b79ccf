/**
 * Moves the write-ahead log of a database into its file, in a thread of its own: that waits for the disk. Each message is
 * the database's path, or null for the end; each is answered when it is done.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

/** Milliseconds that somebody who reads is waited for. */
const BUSY_MILLISECONDS = 1000;

let sqlite: DatabaseSync | null = null;

addEventListener("message", ({ data: path }: MessageEvent<string | null>) => {
  if (path === null) sqlite?.close();
  else move(path);
  postMessage(null);
  if (path === null) close();
});

/**
 * Moves the log and begins it anew, which whoever writes next would have to do otherwise: the new log's first bytes have to
 * be on the disk before any others are.
 */
function move(path: string): void {
  try {
    sqlite ??= new DatabaseSync(path, { timeout: BUSY_MILLISECONDS });
    sqlite.prepare("PRAGMA wal_checkpoint(RESTART)").all();
    const { version } = sqlite.prepare("SELECT user_version AS version FROM pragma_user_version").get()!;
    sqlite.exec(`PRAGMA user_version = ${version}`);
  } catch {
    // On a full disk, say. Nothing is lost: it stays in the log.
  }
}

// `close` and `postMessage` of a worker, not of a window.
declare function close(): void;
declare function postMessage(message: null): void;
