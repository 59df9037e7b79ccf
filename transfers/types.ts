/**
 * The records that the transfers layer keeps and hands out. They are plain data: a store may write them as JSON.
 *
 * @module
 */
import type { Pictures } from "../images/pictures.ts";
import type { EngineInfo } from "../engine/backends/backend.ts";
import type { ErrorCode } from "../errors.ts";
import type { Role } from "./caller.ts";
import type { Losses } from "../engine/objective/losses.ts";
import type { TransferOptions, Tunables } from "../engine/options/options.ts";

export const TRANSFER_STATUSES = ["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"] as const;
export type TransferStatus = (typeof TRANSFER_STATUSES)[number];

export type EndStatus = Extract<TransferStatus, "SUCCEEDED" | "FAILED" | "CANCELLED">;

/** Whether a transfer in this status will never change again by itself. */
export function hasEnded(status: TransferStatus): status is EndStatus {
  return status === "SUCCEEDED" || status === "FAILED" || status === "CANCELLED";
}

/** Who may see and change something. `local` while there is no authentication. */
export type Owner = string;

/** An encoded picture that is kept: an upload, a sample, or a result. Its bytes are in the image store under `sha256`. */
export interface ImageRecord {
  readonly id: string;
  readonly owner: Owner;
  readonly sha256: string;
  /** As shown, after EXIF orientation. */
  readonly width: number;
  readonly height: number;
  readonly mimeType: string;
  readonly byteLength: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** When it was last uploaded for its own sake; null for one that is there for transfers alone. */
  readonly uploadedAt: number | null;
}

export interface StyleRecord {
  readonly imageId: string;
  readonly weight: number;
  /** How large it is looked at, times the option `styleScale`; left out where that is 1, and before there was it. */
  readonly scale?: number;
  /** Where in the result it goes. */
  readonly maskId: string | null;
  /** Which part of the style picture counts; left out in records from before there was it. */
  readonly regionId?: string | null;
}

export interface TransferFailure {
  readonly code: ErrorCode | "INTERNAL";
  readonly message: string;
}

/** What is in force after a step: a transfer can be retuned while it runs. */
export interface Tuning extends Tunables {
  readonly afterStep: number;
  /** Counts what was asked for, from 1. Left out in what a transfer began with, and in records from before there was it. */
  readonly number?: number;
}

/** The pictures of a transfer, by the ids of its owner's images. */
export interface TransferPictures {
  readonly contentId: string;
  readonly styles: readonly StyleRecord[];
  readonly contentMaskId: string | null;
  readonly initImageId: string | null;
}

export interface TransferRecord extends TransferPictures {
  readonly id: string;
  readonly owner: Owner;
  readonly status: TransferStatus;
  readonly options: TransferOptions;
  readonly priority: number;
  readonly idempotencyKey: string | null;
  /** Hash of all that was asked for: the same key with another fingerprint is a CONFLICT. */
  readonly fingerprint: string;
  /** Times in milliseconds since the epoch. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Sequence number of the last event in the log. */
  readonly sequence: number;
  readonly step: number;
  readonly losses: Losses | null;
  /** Step of the newest frame, or null before the first. */
  readonly frameStep: number | null;
  /** Moving mean over the last steps. */
  readonly secondsPerStep: number | null;
  readonly resultId: string | null;
  /** The images that its result, which moves, has been made into: a GIF, and a film; left out before. */
  readonly gifId?: string;
  readonly filmId?: string;
  readonly failure: TransferFailure | null;
  readonly engine: EngineInfo | null;
  /** sha256 of the weights it runs with. */
  readonly weightsSha256: string | null;
  /** Attempts since the last progress; three and it fails. */
  readonly attempts: number;
  /**
   * Every tuning that steps in the log were computed with, by step, the one it began with first, and then the newest, which
   * the next step is to be computed with; empty when it was never retuned. `options` holds the newest. From these the steps
   * after a checkpoint are computed again as they were.
   */
  readonly tunings: readonly Tuning[];
  /** The finished transfer that it paints larger; left out where there is none. */
  readonly enlargedFromId?: string;
  /** Its place in the batch that it was started with; left out where it was started on its own. */
  readonly batch?: BatchPlace;
  /** The trace that it was queued in, as a W3C `traceparent`; left out where nothing was traced. */
  readonly traceparent?: string;
  /** When it was admitted to the queue last, and under which role; left out in records from before there was it. */
  readonly admitted?: { readonly at: number; readonly role: Role };
}

/** Where in a batch a transfer stands: which content, which styles and which variation it has, each counted from 0. */
export interface BatchPlace {
  /** Of the batch. */
  readonly id: string;
  readonly content: number;
  readonly style: number;
  readonly variation: number;
}

/** Transfers that were asked for as one: every content with every group of styles under every variation. */
export interface BatchRecord {
  readonly id: string;
  readonly owner: Owner;
  readonly idempotencyKey: string | null;
  /** As `TransferRecord.fingerprint`. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** How many contents and groups of styles there are. */
  readonly contents: number;
  readonly styles: number;
  /** The variations by their names; null for one that was given none. */
  readonly variations: readonly (string | null)[];
}

/** Transfers that a batch was started with, whatever has become of them: contents × groups of styles × variations. */
export function cellsOf({ contents, styles, variations }: BatchRecord): number {
  return contents * styles * variations.length;
}

/** The place of a transfer in its batch as one number from 0: by content, then by styles, then by variation. */
export function placeOf({ styles, variations }: BatchRecord, { batch }: Pick<TransferRecord, "batch">): number {
  if (batch === undefined) throw new Error("The transfer is of no batch");
  return (batch.content * styles + batch.style) * variations.length + batch.variation;
}

/** A batch as it stands. */
export interface BatchState {
  readonly status: TransferStatus;
  /** Transfers that have ended, and all that are still there. */
  readonly done: number;
  readonly count: number;
}

/** How many transfers of a batch are in each status. */
export type BatchTally = Readonly<Record<TransferStatus, number>>;

/** Counts statuses, each `count` times. */
export function tallyOf(
  counts: Iterable<{ readonly status: TransferStatus; readonly count: number }>,
): BatchTally {
  const tally = Object.fromEntries(TRANSFER_STATUSES.map((status) => [status, 0])) as Record<TransferStatus, number>;
  for (const { status, count } of counts) tally[status] += count;
  return tally;
}

/**
 * The status of a batch by those of its transfers: QUEUED until one of them is not, RUNNING while any has not ended, then
 * the worst there is.
 */
export function batchStatusOf(tally: BatchTally): TransferStatus {
  const { QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED } = tally;
  if (QUEUED + RUNNING > 0) return RUNNING + SUCCEEDED + FAILED + CANCELLED === 0 ? "QUEUED" : "RUNNING";
  if (FAILED > 0) return "FAILED";
  return CANCELLED > 0 ? "CANCELLED" : "SUCCEEDED";
}

/** How a batch stands whose transfers are in these statuses. */
export function batchStateOf(tally: BatchTally): BatchState {
  const count = Object.values(tally).reduce((sum, each) => sum + each, 0);
  return { status: batchStatusOf(tally), done: count - tally.QUEUED - tally.RUNNING, count };
}

/**
 * One entry of a transfer's append-only log. Sequence numbers count from 1 without holes. Each step gives one event
 * (status RUNNING, with losses), each change of status one more.
 */
export interface TransferEvent {
  readonly sequence: number;
  readonly at: number;
  readonly status: TransferStatus;
  readonly step: number;
  /** Of all scales and frames of the content together. */
  readonly steps: number;
  /** The losses of this step; null in events that only change the status. */
  readonly losses: Losses | null;
  /** Whether a frame was made after this step. */
  readonly frame: boolean;
  readonly secondsPerStep: number | null;
  readonly failure: TransferFailure | null;
}

/** What webhooks can be told of a transfer. */
export const NOTICE_EVENTS = ["RUNNING", "PROGRESS", "SUCCEEDED", "FAILED", "CANCELLED"] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** An address that is told of transfers, and the secrets that what it is told is signed with. */
export interface WebhookRecord {
  readonly id: string;
  readonly owner: Owner;
  /** The one transfer that it is told of; null for all of its owner. */
  readonly transferId: string | null;
  readonly url: string;
  readonly events: readonly NoticeEvent[];
  /** Whether its receiver has said that it is gone: it is told nothing any more. */
  readonly disabled: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** As `newSecret` gives it. It signs, so it is kept as it is. */
  readonly secret: string;
  /** The one before, which signs too until then; null when there is none. */
  readonly formerSecret: { readonly secret: string; readonly until: number } | null;
}

/** What a webhook is told: the transfer as it was when it happened. */
export interface Notice {
  readonly event: NoticeEvent;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly status: TransferStatus;
  readonly step: number;
  /** Of all scales and frames of the content together. */
  readonly steps: number;
  /** Those of `step`, without the layers'; null before the first. */
  readonly losses: Omit<Losses, "layers"> | null;
  readonly resultId: string | null;
  readonly failure: TransferFailure | null;
  /** The batch that the transfer is of; left out where there is none. */
  readonly batchId?: string;
}

/** A notice on its way to a webhook, or there, or given up. */
export interface DeliveryRecord {
  /** The `webhook-id` of every attempt. */
  readonly id: string;
  readonly webhookId: string;
  readonly transferId: string;
  readonly notice: Notice;
  /** Attempts that were answered or failed, also before it was replayed. */
  readonly attempts: number;
  readonly deliveredAt: number | null;
  /** Status of the last answer; null when there was none. */
  readonly lastStatus: number | null;
  /** What was found at the last attempt, in words, unless it was a success. */
  readonly lastError: string | null;
  /** It is not tried before this; null when it has been delivered or given up. */
  readonly nextAttemptAt: number | null;
}

/** Ids of the images that a transfer begins with. */
export function picturesOf({ contentId, styles, contentMaskId, initImageId }: TransferPictures): Pictures<string> {
  return {
    content: contentId,
    styles: styles.map(({ imageId, weight, scale = 1, maskId, regionId = null }) => ({
      picture: imageId,
      weight,
      scale,
      mask: maskId,
      region: regionId,
    })),
    contentMask: contentMaskId,
    initPicture: initImageId,
  };
}

/** Ids of all images that a transfer uses or made, each once. */
export function imagesOf(record: TransferRecord): string[] {
  const { content, styles, contentMask, initPicture } = picturesOf(record);
  const ofStyles = styles.flatMap(({ picture, mask, region }) => [picture, mask, region]);
  const made = [record.resultId, record.gifId ?? null, record.filmId ?? null];
  return [...new Set([content, contentMask, initPicture, ...made, ...ofStyles].filter((id) => id !== null))];
}

/** What a record has of its run before there was one. */
export const NOT_STARTED = {
  startedAt: null,
  finishedAt: null,
  sequence: 0,
  step: 0,
  losses: null,
  frameStep: null,
  secondsPerStep: null,
  resultId: null,
  failure: null,
  engine: null,
  weightsSha256: null,
  attempts: 0,
  tunings: [],
} as const satisfies Partial<TransferRecord>;
