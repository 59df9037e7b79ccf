// The port answers with promises and memory at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import type { WorkerRecord, WorkerRegistry } from "../ports.ts";
import type { MemorySharing } from "./memory_sharing.ts";

/** The workers of services that share a memory. */
export class MemoryWorkerRegistry implements WorkerRegistry {
  readonly #sharing: MemorySharing;
  readonly #workers = new Map<string, { readonly record: WorkerRecord; readonly until: number }>();

  constructor(sharing: MemorySharing) {
    this.#sharing = sharing;
  }

  async announce(record: WorkerRecord): Promise<void> {
    const { clock, leaseMilliseconds } = this.#sharing;
    this.#workers.set(record.name, { record, until: clock.now() + leaseMilliseconds });
  }

  async withdraw(name: string): Promise<void> {
    this.#workers.delete(name);
  }

  async present(): Promise<readonly WorkerRecord[]> {
    const now = this.#sharing.clock.now();
    const present = [...this.#workers.values()].filter(({ until }) => now < until).map(({ record }) => record);
    return present.sort((a, b) => a.name < b.name ? -1 : 1);
  }
}
