import type { Owner } from "../../types.ts";
import type { Claim, QueueEntry } from "../ports.ts";
import type { MemorySharing } from "./memory_sharing.ts";

interface Claimed {
  readonly entry: QueueEntry;
  readonly epoch: number;
  /** Null once it was released. */
  readonly worker: string | null;
  /** By the clock of the sharing. */
  until: number;
}

/** Who has claimed what: the queue gives claims, and the stores hold what is written against them. */
export class MemoryClaims {
  readonly #sharing: MemorySharing | null;
  /** In the order of claiming. */
  readonly #claimed = new Map<string, Claimed>();
  /** Of the newest claim of all. */
  #epoch = 0;

  /** @param sharing Null where claims last for ever. */
  constructor(sharing: MemorySharing | null = null) {
    this.#sharing = sharing;
  }

  /** Gives a worker an entry, whoever had it. */
  take(entry: QueueEntry, worker: string): Claim {
    const epoch = ++this.#epoch;
    this.#claimed.delete(entry.id);
    this.#claimed.set(entry.id, { entry, epoch, worker, until: this.#leaseEnd() });
    return { id: entry.id, epoch };
  }

  /** Renews what is a worker's still, also where its lease has run out. Answers that. */
  renew(worker: string): Claim[] {
    for (const claimed of this.#claimed.values()) if (claimed.worker === worker) claimed.until = this.#leaseEnd();
    return this.of(worker);
  }

  /** Whether nobody has claimed the transfer since, and it was neither settled nor released. */
  isNewest({ id, epoch }: Claim): boolean {
    const claimed = this.#claimed.get(id);
    return claimed !== undefined && claimed.worker !== null && claimed.epoch === epoch;
  }

  release(claim: Claim): boolean {
    if (!this.isNewest(claim)) return false;
    this.#claimed.set(claim.id, { ...this.#claimed.get(claim.id)!, worker: null });
    return true;
  }

  settle(id: string): void {
    this.#claimed.delete(id);
  }

  has(id: string): boolean {
    return this.#claimed.has(id);
  }

  of(worker: string): Claim[] {
    return [...this.#claimed].filter(([, claimed]) => claimed.worker === worker)
      .map(([id, { epoch }]) => ({ id, epoch }));
  }

  /** Null where there is none whose lease has not run out. */
  holder(id: string): string | null {
    const claimed = this.#claimed.get(id);
    return claimed === undefined || this.#isAbandoned(claimed) ? null : claimed.worker;
  }

  /** What was released, or whose lease has run out, in the order of claiming. */
  abandoned(): QueueEntry[] {
    return [...this.#claimed.values()].filter((claimed) => this.#isAbandoned(claimed)).map(({ entry }) => entry);
  }

  /** How many of an owner's are claimed, abandoned ones too. */
  countOf(owner: Owner): number {
    return this.#claimed.values().filter(({ entry }) => entry.owner === owner).toArray().length;
  }

  #isAbandoned({ worker, until }: Claimed): boolean {
    return worker === null || (this.#sharing !== null && this.#sharing.clock.now() >= until);
  }

  #leaseEnd(): number {
    return this.#sharing === null ? Infinity : this.#sharing.clock.now() + this.#sharing.leaseMilliseconds;
  }
}
