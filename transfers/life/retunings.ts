import type { Retuning } from "../../engine/options/options.ts";
import type { TransferRecord, Tuning } from "../types.ts";
import { acceptedChanges, numberOf } from "./tuning.ts";

/**
 * Which tunings of a running transfer its engine has put into force, and which one waits for its next step.
 *
 * A tuning is in the record from when it is accepted. The engine hears of it later, steps ahead of the log perhaps: a step
 * that it reports before the tuning was computed without it, and its entry in the log takes the tuning along to that step.
 * So the one that waits always stands at the newest step in the log, and whatever stops when, the steps of the log are
 * computed again as they were, and the next one with the tuning.
 */
export class Retunings {
  /** Number of the newest that is in force. */
  #inForce = 0;

  constructor(record: TransferRecord) {
    this.begin(record);
  }

  /** An engine is given all that is in this record: it need not be told. Answers the record. */
  begin(record: TransferRecord): TransferRecord {
    this.#inForce = numberOf(record.tunings.at(-1));
    return record;
  }

  /** What the engine is to be told; null where nothing waits. */
  waiting({ tunings }: TransferRecord): Tuning | null {
    return tunings.find((tuning) => this.#waits(tuning)) ?? null;
  }

  /** Changes of a record by a retuning, checked. The tuning takes the place of one that waits, and holds it. */
  accepted(record: TransferRecord, retuning: Retuning): Pick<TransferRecord, "options" | "tunings"> {
    return acceptedChanges(record, retuning, (tuning) => !this.#waits(tuning));
  }

  /** Changes of a record by a step that the engine took before it put into force what waits. */
  moved(record: TransferRecord, step: number): Partial<Pick<TransferRecord, "tunings">> {
    if (this.waiting(record) === null) return {};
    return { tunings: record.tunings.map((tuning) => this.#waits(tuning) ? { ...tuning, afterStep: step } : tuning) };
  }

  /** The engine has put a tuning into force. False where that is known: it was in its job, and comes again with each attempt. */
  settle(tuning: Tuning): boolean {
    if (!this.#waits(tuning)) return false;
    this.#inForce = numberOf(tuning);
    return true;
  }

  /** Changes of a record by a tuning that has come into force, after which another may wait already. */
  settled({ tunings }: TransferRecord, tuning: Tuning): Pick<TransferRecord, "tunings"> {
    // Of those before, one that came after the same step was in force for no step.
    const before = tunings.filter((other) => numberOf(other) < numberOf(tuning) && other.afterStep < tuning.afterStep);
    return { tunings: [...before, tuning, ...tunings.filter((other) => numberOf(other) > numberOf(tuning))] };
  }

  #waits(tuning: Tuning): boolean {
    return numberOf(tuning) > this.#inForce;
  }
}
