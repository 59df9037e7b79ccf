import { GramcastError } from "../../../errors.ts";
import { Turns } from "../../turns.ts";
import { type Claim, ClaimLost } from "../ports.ts";
import type { Appender, NamedAppend } from "./appender.ts";
import type { Database } from "./database.ts";
import { TRANSFER_COLUMNS, type TransferRow } from "./transfer_rows.ts";

/**
 * Appends to one transfer under a claim. Each says which append it follows, and is refused where that was not the last: one
 * that was given up for lost and arrives all the same changes nothing then, and one that nobody knows of is found again by
 * its name.
 */
export class ClaimedAppends {
  readonly #database: Database;
  readonly #appender: Appender;
  readonly #claim: Claim;
  readonly #turns = new Turns();
  /** Name of the last append of the row, as far as it is known here. */
  #last: string | null = null;
  /** The one of which nobody knows whether it has happened. */
  #unsure: string | null = null;
  /** Those that have happened and are not known of to their callers. */
  readonly #untold = new Set<string>();

  constructor(database: Database, appender: Appender, claim: Claim) {
    this.#database = database;
    this.#appender = appender;
    this.#claim = claim;
  }

  /** The row after the change; undefined where there is none in one of the `from` statuses. @throws {ClaimLost} */
  append(append: NamedAppend): Promise<TransferRow | undefined> {
    return this.#turns.take(() => this.#append(append));
  }

  async #append(append: NamedAppend): Promise<TransferRow | undefined> {
    const { name } = append;
    for (;;) {
      const expected = this.#last;
      if (expected !== null && !this.#untold.has(name)) {
        const row = await this.#attempt(append, expected);
        if (row !== undefined) return row;
      }
      const found = await this.#look();
      if (found === undefined) return undefined;
      compareEpochs(this.#claim, found.epoch);
      if (found.written === this.#unsure) this.#untold.add(found.written);
      this.#unsure = null;
      this.#last = found.written;
      if (this.#untold.delete(name)) return found;
      // As it was expected, so that it is the status that is another.
      if (found.written === expected) return undefined;
    }
  }

  async #attempt(append: NamedAppend, written: string): Promise<TransferRow | undefined> {
    try {
      const row = await this.#appender.append(this.#claim.id, append, { epoch: this.#claim.epoch, written });
      if (row !== undefined) [this.#last, this.#unsure] = [append.name, null];
      return row;
    } catch (error) {
      if (error instanceof GramcastError && error.code === "STORAGE_UNAVAILABLE") this.#unsure = append.name;
      throw error;
    }
  }

  #look(): Promise<TransferRow & { epoch: number; written: string } | undefined> {
    return this.#database.first(
      `SELECT epoch, written, ${TRANSFER_COLUMNS} FROM transfers WHERE id = $1`,
      this.#claim.id,
    );
  }
}

/** @param found That of the transfer's row. @throws {ClaimLost} */
export function compareEpochs({ id, epoch }: Claim, found: number): void {
  if (found === epoch) return;
  throw new ClaimLost(`Cannot write transfer ${id}: found epoch ${found}, wanted ${epoch}`);
}
