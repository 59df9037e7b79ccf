import type { Clock } from "../../clock.ts";

/** For services that share one memory, as servers share a database: tests of many servers have no need of one then. */
export interface MemorySharing {
  /** That all of them share, for leases too. */
  readonly clock: Clock;
  /** How long a claim lasts without being renewed. */
  readonly leaseMilliseconds: number;
}
