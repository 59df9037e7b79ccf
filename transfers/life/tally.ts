import { type EndStatus, hasEnded, type TransferStatus } from "../types.ts";

/** Counts what has happened since the server started. */
export class Tally {
  readonly #ended: Record<EndStatus, number> = { SUCCEEDED: 0, FAILED: 0, CANCELLED: 0 };
  #steps = 0;
  #stepSeconds = 0;

  /** Transfers that have ended, by how. A transfer that is resumed and ends again counts again. */
  get ended(): Readonly<Record<EndStatus, number>> {
    return { ...this.#ended };
  }

  /** Steps that an engine has taken, those that are computed again after a stop among them. */
  get steps(): number {
    return this.#steps;
  }

  /** Seconds that the engines have spent on them. */
  get stepSeconds(): number {
    return this.#stepSeconds;
  }

  countStatus(status: TransferStatus): void {
    if (hasEnded(status)) this.#ended[status]++;
  }

  countStep(seconds: number): void {
    this.#steps++;
    this.#stepSeconds += seconds;
  }
}
