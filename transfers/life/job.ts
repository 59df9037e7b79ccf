import { frameOfStep, frameOptions, framesIn, stepsBefore } from "../../engine/options/moving_schedule.ts";
import { GramcastError } from "../../errors.ts";
import { frameFile } from "../../images/moving.ts";
import { mapPictures } from "../../images/pictures.ts";
import type { EngineJob } from "../process/engine.ts";
import { type Log, oneLine } from "../log.ts";
import type { TransferStore } from "../storage/ports.ts";
import { withinFrame } from "./frame_sink.ts";
import { tunedAt } from "./tuning.ts";
import { picturesOf, type TransferRecord } from "../types.ts";

export interface JobSources {
  readonly store: TransferStore;
  /** Bytes of an image that a transfer uses. */
  readonly readImage: (id: string) => Promise<Uint8Array>;
  /** The colours of all frames of the content, which is asked for where they move and are matched. */
  readonly colors: () => Promise<Uint8Array>;
  readonly log: Log;
}

/**
 * Assembles what an engine needs to begin or continue a transfer, from the newest readable checkpoint.
 * Without one it begins from the start, which gives the same result later. Of a moving content it is the first frame that
 * is not finished; steps of the job, its tunings and its checkpoints are counted within the frame.
 *
 * @param unreadable Steps whose checkpoint the engine could not use; those that fail their checksum are added.
 * @returns The job, the step it begins after, and how many steps are before its frame.
 * @throws {GramcastError} NOT_FOUND when an image is gone.
 */
export async function assembleJob(
  sources: JobSources,
  record: TransferRecord,
  unreadable: Set<number>,
): Promise<{ job: EngineJob; step: number; before: number }> {
  const frame = await frameToPaint(sources, record);
  const before = stepsBefore(record.options, frame);
  const checkpoint = await newestCheckpoint(sources, record, frame, unreadable);
  const step = checkpoint?.step ?? before;
  const { options, later } = tunedAt(record, step);
  const pictures = await mapPictures(picturesOf(record), sources.readImage);
  const job: EngineJob = {
    options: frameOptions(options, frame),
    tunings: later.map((tuning) => withinFrame(tuning, before)),
    ...pictures,
    ...framesIn(options) === 1 ? {} : await movingPictures(sources, record, pictures.content, frame),
    checkpoint: checkpoint?.bytes ?? null,
  };
  return { job, step, before };
}

/** The first frame of the content that is not finished, from 0; the last one again where all are. */
async function frameToPaint({ store }: JobSources, { id, options }: TransferRecord): Promise<number> {
  const frames = framesIn(options);
  if (frames === 1) return 0;
  const kept = new Set((await store.frames(id)).map(({ step }) => step));
  let frame = 0;
  while (frame < frames - 1 && kept.has(stepsBefore(options, frame + 1))) frame++;
  return frame;
}

/** A frame of the content in place of all of it, with the one before and what was painted of that. */
async function movingPictures(
  { store, colors: colorsOfAll }: JobSources,
  { id, options }: TransferRecord,
  moving: Uint8Array,
  frame: number,
): Promise<Pick<EngineJob, "content" | "before" | "colors">> {
  const { size } = options.scales.at(-1)!;
  const content = await frameFile(moving, frame, size);
  const colors = options.color === "MATCH" ? { colors: await colorsOfAll() } : {};
  if (frame === 0) return { content, ...colors };
  const result = await store.readFrame(id, stepsBefore(options, frame));
  if (result === null) throw new Error(`Frame ${frame} of transfer ${id} has been removed`);
  return { content, ...colors, before: { content: await frameFile(moving, frame - 1, size), result } };
}

/** The newest checkpoint of a frame of the content. */
async function newestCheckpoint(
  { store, log }: JobSources,
  { id, options }: TransferRecord,
  frame: number,
  unreadable: Set<number>,
): Promise<{ step: number; bytes: Uint8Array } | null> {
  for (const step of await store.checkpoints(id)) {
    if (unreadable.has(step) || frameOfStep(options, step).frame !== frame) continue;
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
