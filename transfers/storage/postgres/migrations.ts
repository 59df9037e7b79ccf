import { BATCHES } from "./migrations/batches.ts";
import { IMAGES } from "./migrations/images.ts";
import { QUEUE } from "./migrations/queue.ts";
import { SHARING } from "./migrations/sharing.ts";
import { TRANSFERS } from "./migrations/transfers.ts";
import { WEBHOOKS } from "./migrations/webhooks.ts";

/** A step from one version of the tables to the next. */
export interface Migration {
  readonly sql: string;
  /** Whether programs that do not know of it go on working with what it leaves; false for most that change what is there. */
  readonly additive: boolean;
}

/**
 * The steps that lead from an empty database to the newest version, one for each version, each in a file of its own in
 * `migrations/`. Only ever add to the end: what is here has been run on databases out there.
 */
export const MIGRATIONS: readonly Migration[] = [
  TRANSFERS,
  IMAGES,
  WEBHOOKS,
  QUEUE,
  SHARING,
  BATCHES,
];
