import type { SharedSettings } from "../../../config.ts";
import { SystemClock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import { openBlobs } from "../blobs/open.ts";
import type { Storage } from "../ports.ts";
import { Database } from "./database.ts";
import { Listener } from "./listener.ts";
import { sweepOrphans } from "./orphan_sweep.ts";
import { PostgresBatchStore } from "./postgres_batch_store.ts";
import { PostgresEventBus } from "./postgres_event_bus.ts";
import { PostgresExclusion } from "./postgres_exclusion.ts";
import { PostgresImageStore } from "./postgres_image_store.ts";
import { PostgresLiveFrames } from "./postgres_live_frames.ts";
import { PostgresOrderBook } from "./postgres_orders.ts";
import { PostgresQueue } from "./postgres_queue.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { PostgresWebhookStore } from "./postgres_webhook_store.ts";
import { PostgresWorkerRegistry } from "./postgres_workers.ts";
import { SharedClock } from "./shared_clock.ts";

export interface PostgresStorageOptions {
  /** Whether this server may be the one that removes blobs which nothing points to. */
  readonly keepsHouse: boolean;
}

/**
 * Opens what any number of servers share, or begins it: records, queue and events in a database, pictures, frames and
 * checkpoints as blobs.
 *
 * @throws {GramcastError} STORAGE_UNAVAILABLE when database or blobs cannot be reached; STORAGE_UNREADABLE when the database
 *   is of a newer version that this program would do harm to: then nothing is changed.
 */
export async function openPostgresStorage(
  { databaseUrl, blobs: place }: SharedSettings,
  log: Log,
  { keepsHouse }: PostgresStorageOptions,
): Promise<Storage> {
  await using cleanup = new AsyncDisposableStack();
  const blobs = cleanup.adopt(await openBlobs(place, log), (blobs) => blobs.close());
  const database = cleanup.adopt(await Database.open(databaseUrl, log), (database) => database.close());
  const clock = cleanup.use(await SharedClock.open(database, log));
  const listener = cleanup.use(new Listener(database, log));
  const exclusion = cleanup.use(new PostgresExclusion(database, log));
  const queue = cleanup.use(new PostgresQueue(database, listener));
  const bus = cleanup.use(new PostgresEventBus(database, listener, log));
  const liveFrames = cleanup.use(new PostgresLiveFrames(database, log));
  if (keepsHouse) cleanup.use(sweepOrphans({ database, blobs, exclusion, clock: new SystemClock(), log }));
  const open = cleanup.move();
  return {
    store: new PostgresTransferStore(database, blobs),
    batches: new PostgresBatchStore(database),
    images: new PostgresImageStore(database, blobs, log),
    queue,
    webhooks: new PostgresWebhookStore(database),
    bus,
    exclusion,
    shared: {
      orders: new PostgresOrderBook(database, listener),
      liveFrames,
      workers: new PostgresWorkerRegistry(database),
      clock,
    },
    close: () => open.disposeAsync(),
  };
}
