import type { AuditEntry, Recorder } from "../transfers/audit.ts";
import type { Caller } from "../transfers/caller.ts";
import type { Clock } from "../transfers/clock.ts";
import { type Log, oneLine } from "../transfers/log.ts";
import type { AccessStore } from "./ports.ts";

/** Keeps who did what, and says it in the log. */
export class Audit {
  readonly #store: AccessStore;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(store: AccessStore, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** What keeps the doings of one caller. */
  recorder(caller: Caller): Recorder {
    const { name, owner, role } = caller;
    return async (action, subject) => {
      const entry = { at: this.#clock.now(), name, owner, role, action, subject };
      this.#log.info(`Audit: ${auditText(entry)}`, { event: "audit", action, subject, name, owner, role });
      try {
        await this.#store.addAudit(entry);
      } catch (error) {
        this.#log.warn(`Cannot keep what was audited: ${oneLine(error)}`);
      }
    };
  }

  /** The newest of what is kept, oldest first. */
  newest(count: number): Promise<readonly AuditEntry[]> {
    return this.#store.audit(count);
  }
}

/** An entry in words, without its time. */
export function auditText({ name, owner, role, action, subject }: Omit<AuditEntry, "at">): string {
  return `${action} ${JSON.stringify(subject)} by ${JSON.stringify(name)}, ${role} of ${JSON.stringify(owner)}`;
}
