import type { Clock } from "../../clock.ts";
import { type Log, oneLine } from "../../log.ts";
import { pause } from "../../pause.ts";
import { removeOrphans } from "../blobs/orphans.ts";
import type { BlobStore } from "../blobs/ports.ts";
import type { Exclusion } from "../ports.ts";
import type { Database } from "./database.ts";
import { IMAGE_BLOBS, pointedImageBlobs } from "./postgres_image_store.ts";
import { BLOB_PREFIX, pointedTransferBlobs } from "./transfer_files.ts";

const HOUR = 60 * 60 * 1000;
/** All that rows point to, by the beginning of its key. */
const POINTED = [[IMAGE_BLOBS, pointedImageBlobs], [BLOB_PREFIX, pointedTransferBlobs]] as const;

export interface OrphanSweepPorts {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly exclusion: Exclusion;
  readonly clock: Pick<Clock, "delay">;
  readonly log: Log;
}

/**
 * Removes blobs that no row points to, and what interrupted puts have left: now and every hour, on one of the servers that
 * share the database, until it is disposed of.
 */
export function sweepOrphans({ database, blobs, exclusion, clock, log }: OrphanSweepPorts): AsyncDisposable {
  return exclusion.lead("orphans", async (lost) => {
    while (!lost.aborted) {
      try {
        for (const [prefix, pointed] of POINTED) {
          const removed = await removeOrphans(blobs, (keys) => pointed(database, keys), { prefix, signal: lost });
          if (removed.count === 0) continue;
          log.info(`Removed ${removed.count} blobs under ${prefix} that nothing pointed to: ${removed.bytes} bytes`);
        }
        await blobs.sweep();
      } catch (error) {
        if (!lost.aborted) log.warn(`Cannot look for blobs that nothing points to now: ${oneLine(error)}`);
      }
      await pause(clock, HOUR, lost);
    }
  });
}
