import type { ByteBudget, Lease } from "./byte_budget.ts";
import type { Spool, SpoolFile } from "./spool.ts";

/** What one request makes the server hold until it is answered: bytes in memory, and a file for what is large. */
export class Holdings {
  readonly memory: Lease;
  readonly #spool: Spool;
  #file: Promise<SpoolFile> | undefined;

  constructor(memory: ByteBudget, spool: Spool) {
    this.memory = memory.lease();
    this.#spool = spool;
  }

  /** The one file of this request. @throws {GramcastError} STORAGE_FULL */
  file(): Promise<SpoolFile> {
    return this.#file ??= this.#spool.open();
  }

  async release(): Promise<void> {
    this.memory.hold(0);
    await this.#file?.then((file) => file.close(), () => {});
  }
}
