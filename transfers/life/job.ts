import { GramcastError } from "../../errors.ts";
import { mapPictures } from "../../images/pictures.ts";
import type { EngineJob } from "../process/engine.ts";
import { type Log, oneLine } from "../log.ts";
import type { TransferStore } from "../storage/ports.ts";
import { tunedAt } from "./tuning.ts";
import { picturesOf, type TransferRecord } from "../types.ts";

export interface JobSources {
  readonly store: TransferStore;
  /** Bytes of an image that a transfer uses. */
  readonly readImage: (id: string) => Promise<Uint8Array>;
  readonly log: Log;
}

/**
 * Assembles what an engine needs to begin or continue a transfer, from the newest readable checkpoint.
 * Without one it begins from the start, which gives the same result later.
 *
 * @param unreadable Steps whose checkpoint the engine could not use; those that fail their checksum are added.
 * @returns The job and the step it begins after.
 * @throws {GramcastError} NOT_FOUND when an image is gone.
 */
export async function assembleJob(
  sources: JobSources,
  record: TransferRecord,
  unreadable: Set<number>,
): Promise<{ job: EngineJob; step: number }> {
  const checkpoint = await newestCheckpoint(sources, record, unreadable);
  const step = checkpoint?.step ?? 0;
  const { options, later } = tunedAt(record, step);
  const job: EngineJob = {
    options,
    tunings: later,
    ...await mapPictures(picturesOf(record), sources.readImage),
    checkpoint: checkpoint?.bytes ?? null,
  };
  return { job, step };
}

async function newestCheckpoint(
  { store, log }: JobSources,
  { id }: TransferRecord,
  unreadable: Set<number>,
): Promise<{ step: number; bytes: Uint8Array } | null> {
  for (const step of await store.checkpoints(id)) {
    if (unreadable.has(step)) continue;
    try {
      return { step, bytes: await store.readCheckpoint(id, step) };
    } catch (error) {
      if (!(error instanceof GramcastError) || error.code !== "CHECKPOINT_UNREADABLE") throw error;
      log.warn(`Transfer ${id}: ${oneLine(error)}; using the one before`);
      unreadable.add(step);
    }
  }
  return null;
}
