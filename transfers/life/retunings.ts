import type { Retuning } from "../../engine/options/options.ts";
import { retuned, withTunables } from "../../engine/options/retune.ts";
import type { TransferRecord, Tuning } from "../types.ts";
import { sameTunables } from "./tuning.ts";

interface Waiting {
  readonly tuning: Tuning;
  readonly resolve: (record: TransferRecord | null) => void;
}

/** Retunings of a transfer that were asked for and are not yet in force, in order. */
export class Retunings {
  #waiting: readonly Waiting[] = [];

  /** What an engine is to be told, also one that takes over from another. */
  get tunings(): readonly Tuning[] {
    return this.#waiting.map(({ tuning }) => tuning);
  }

  /** Adds a retuning, checked, of a transfer as it will be when those before it are in force. */
  add(
    { options, step }: TransferRecord,
    retuning: Retuning,
  ): { tuning: Tuning; inForce: Promise<TransferRecord | null> } {
    const before = this.tunings.at(-1);
    const tuning = { afterStep: step, ...retuned(before ? withTunables(options, before) : options, retuning) };
    const { promise, resolve } = Promise.withResolvers<TransferRecord | null>();
    this.#waiting = [...this.#waiting, { tuning, resolve }];
    return { tuning, inForce: promise };
  }

  /** A tuning has come into force, and with it those before, which it holds too. */
  settle(tuning: Tuning, record: TransferRecord): void {
    const last = this.#waiting.findLastIndex((waiting) => sameTunables(waiting.tuning, tuning));
    for (const { resolve } of this.#waiting.slice(0, last + 1)) resolve(record);
    this.#waiting = this.#waiting.slice(last + 1);
  }

  /** None of them will come into force. */
  abandon(): void {
    for (const { resolve } of this.#waiting) resolve(null);
    this.#waiting = [];
  }
}
