import { type Log, oneLine } from "../../log.ts";

/** Commits after which the log is moved: about a thousand pages, as SQLite does by itself. */
const COMMITS = 250;
/** Bytes of a log that was left by a stop and is moved at the first commit. */
const LARGE = 2 ** 22;

/**
 * The write-ahead log of a database. It is made durable off the event loop, and moved into the database file in a thread of
 * its own: SQLite would do that within a commit, and hold the event loop for as long as the disk takes.
 */
export class WriteAheadLog {
  readonly #database: string;
  readonly #file: Deno.FsFile;
  readonly #log: Log;
  #commits: number;
  #worker: Worker | null = null;
  #moving: Promise<void> | null = null;

  /** Opens the log of a database that is open in WAL mode and does not move it by itself. @param database Its path. */
  static async open(database: string, log: Log): Promise<WriteAheadLog> {
    const file = await Deno.open(`${database}-wal`, { read: true, write: true });
    const { size } = await file.stat();
    return new WriteAheadLog(database, file, log, size > LARGE ? COMMITS : 0);
  }

  private constructor(database: string, file: Deno.FsFile, log: Log, commits: number) {
    this.#database = database;
    this.#file = file;
    this.#log = log;
    this.#commits = commits;
  }

  /** To be called after each commit. */
  committed(): void {
    if (++this.#commits < COMMITS) return;
    this.#commits = 0;
    this.#moving = this.#ask(this.#database).finally(() => this.#moving = null);
  }

  /** Resolves when it has been moved; null while it is not. Whoever writes meanwhile waits, and holds the event loop. */
  get moving(): Promise<void> | null {
    return this.#moving;
  }

  /**
   * Resolves when all that is committed is on the disk. It never fails, since it is committed anyway: it only warns.
   *
   * @returns Whether it is on the disk.
   */
  async flush(): Promise<boolean> {
    try {
      // What was moved out of the log is on the disk already.
      await this.#file.syncData();
      return true;
    } catch (error) {
      this.#log.warn(`Cannot make sure that the database is on the disk: ${oneLine(error)}`);
      return false;
    }
  }

  /** Lets go of everything; the database itself is closed after it. */
  async close(): Promise<void> {
    await this.#moving;
    if (this.#worker !== null) await this.#ask(null);
    this.#worker?.terminate();
    this.#file.close();
  }

  /** Sends a message to the thread, which is begun at the first, and waits for the answer. */
  #ask(message: string | null): Promise<void> {
    const url = new URL("./write_ahead_log_worker.ts", import.meta.url);
    const worker = this.#worker ??= new Worker(url, {
      type: "module",
      deno: { permissions: { read: [this.#database], write: [this.#database] } },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      this.#log.warn(`Cannot move the write-ahead log: ${oneLine(event.message)}`);
      this.#worker = null;
      resolve();
    };
    worker.postMessage(message);
    return promise;
  }
}
