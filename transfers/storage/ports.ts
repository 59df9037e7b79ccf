/**
 * What the transfers layer needs from storage, queue and event bus. Nothing above this file knows which adapter is
 * below: `memory/` forgets everything at exit, `sqlite/` keeps it under `DATA_DIR`. Everything answers with a promise,
 * so that an adapter may be on another machine. `conformance/` holds the suite that each adapter passes.
 *
 * @module
 */
import type { LossPoint } from "../../engine/objective/losses.ts";
import type { Role } from "../caller.ts";
import type {
  DeliveryRecord,
  ImageRecord,
  NoticeEvent,
  Owner,
  TransferEvent,
  TransferRecord,
  TransferStatus,
  WebhookRecord,
} from "../types.ts";

/** An event before the store has given it its place in the log. */
export type NewEvent = Omit<TransferEvent, "sequence">;

/** What may change in a transfer's record; `sequence` is the store's own. */
export type TransferChanges = Partial<
  Omit<TransferRecord, "id" | "owner" | "sequence" | "createdAt" | "idempotencyKey" | "fingerprint">
>;

/** What webhooks are to be told of a change. */
export interface NewNotice {
  readonly event: NoticeEvent;
  readonly at: number;
}

/** A change of a record together with the events and the notice that tell of it: all happen, or nothing. */
export interface Append {
  /** The change is made only while the transfer has one of these statuses. */
  readonly from: readonly TransferStatus[];
  readonly changes: TransferChanges;
  readonly events: readonly NewEvent[];
  /** Put into the outbox of every webhook that wants it; left out, or null, for none. */
  readonly notice?: NewNotice | null;
}

export interface ListQuery {
  /** Null for any. */
  readonly owner: Owner | null;
  /** Null for any. */
  readonly statuses: readonly TransferStatus[] | null;
  /** Transfers created before this ordinal, that is, after it in a list that has the newest first. */
  readonly olderThan: number | null;
  readonly newerThan: number | null;
  readonly limit: number;
  /** Which end of the range `limit` counts from. */
  readonly take: "newest" | "oldest";
}

/** A record with its place in the order of creation. */
export interface Listed {
  readonly ordinal: number;
  readonly record: TransferRecord;
}

export interface FrameRecord {
  readonly step: number;
  readonly width: number;
  readonly height: number;
}

/** A frame as it is kept. */
export interface KeptFrame extends FrameRecord {
  /** Of its file. */
  readonly bytes: number;
}

/** What an ended transfer takes, for retention. */
export interface Footprint {
  readonly id: string;
  readonly finishedAt: number;
  /** Checkpoints, frames and log together, roughly. */
  readonly bytes: number;
}

/** How many checkpoints of a transfer are kept: a damaged one leaves the one before. */
export const CHECKPOINTS_KEPT = 2;

/** Transfers with their event logs, checkpoints and frames. */
export interface TransferStore {
  /**
   * Adds a transfer with the first event of its log. When its owner has one with the same idempotency key, that one is
   * answered and nothing is added, also when two calls race.
   *
   * @param webhook Told of this transfer alone: added with it, and removed with it.
   */
  create(
    record: TransferRecord,
    event: NewEvent,
    webhook?: WebhookRecord | null,
  ): Promise<{ readonly record: TransferRecord; readonly created: boolean }>;
  get(id: string): Promise<TransferRecord | null>;
  findByKey(owner: Owner, idempotencyKey: string): Promise<TransferRecord | null>;
  /** Newest first, whichever end `take` counts from. */
  list(query: ListQuery): Promise<readonly Listed[]>;
  count(owner: Owner | null, statuses: readonly TransferStatus[] | null): Promise<number>;
  /** Every transfer in one of these statuses, oldest first. */
  withStatus(statuses: readonly TransferStatus[]): Promise<readonly TransferRecord[]>;

  /**
   * Changes a record and appends to its log in one transaction. Sequence numbers go on from the record's last without a
   * hole, and times do not go back.
   *
   * @returns The record after the change, or null where there is none in one of the `from` statuses.
   * @throws {GramcastError} STORAGE_FULL when it cannot be written; then nothing has changed.
   */
  append(id: string, append: Append): Promise<TransferRecord | null>;
  /** Events with a sequence number above `after`, in order, at most `limit`. */
  events(id: string, after: number, limit: number): Promise<readonly TransferEvent[]>;
  /** Losses by step, thinned to at most `points` (at least 2) with the first and the last among them. */
  lossHistory(id: string, points: number): Promise<readonly LossPoint[]>;

  /**
   * Keeps a checkpoint durably, and of the others only the one before: a transfer goes back behind a later one when that
   * cannot be read.
   *
   * @throws {GramcastError} STORAGE_FULL when it cannot be written; then nothing has changed.
   */
  saveCheckpoint(id: string, step: number, bytes: Uint8Array): Promise<void>;
  /** Steps that have a checkpoint, newest first. */
  checkpoints(id: string): Promise<readonly number[]>;
  /**
   * What was saved, as far as its length tells: its content says itself whether it is whole.
   *
   * @throws {GramcastError} CHECKPOINT_UNREADABLE when it is missing or cut off.
   */
  readCheckpoint(id: string, step: number): Promise<Uint8Array>;

  /**
   * Keeps an encoded frame. `keep` frames stay; of the others only the newest does.
   */
  saveFrame(id: string, frame: FrameRecord, bytes: Uint8Array, keep: boolean): Promise<void>;
  /** Frames by step. */
  frames(id: string): Promise<readonly KeptFrame[]>;
  /** Removes the frames of these steps, where there are such. */
  removeFrames(id: string, steps: readonly number[]): Promise<void>;
  readFrame(id: string, step: number): Promise<Uint8Array | null>;

  /**
   * Removes a transfer with everything that belongs to it but its images: its webhook and what any is still to be told of it
   * go, too. Answers whether there was one.
   */
  remove(id: string): Promise<boolean>;
  /** Ended transfers, those that ended first in front. */
  ended(): Promise<readonly Footprint[]>;
  /** How many transfers use an image, as content, style, mask, start or result. */
  imageUses(imageId: string): Promise<number>;

  /** Bytes of the checkpoints and frames of all of an owner's transfers. Their sum is kept: it costs the same for many. */
  bytesOf(owner: Owner): Promise<number>;
  /**
   * Adds to the work that an owner has had admitted on a day, never below 0, and forgets the days before the one before.
   *
   * @param day UTC days since the epoch.
   * @param work Steps × pixels; negative for what is given back.
   * @throws {GramcastError} STORAGE_FULL
   */
  addWork(owner: Owner, day: number, work: number): Promise<void>;
  workOf(owner: Owner, day: number): Promise<number>;
}

/** Encoded pictures. The bytes are kept once however many owners have them. */
export interface ImageStore {
  /** Keeps a picture; where its owner has the same bytes already, that record is answered. */
  put(record: ImageRecord, bytes: Uint8Array): Promise<ImageRecord>;
  get(id: string): Promise<ImageRecord | null>;
  /** Sets when an image was uploaded. Null where there is none. */
  upload(id: string, uploadedAt: number): Promise<ImageRecord | null>;
  find(owner: Owner, sha256: string): Promise<ImageRecord | null>;
  /** @throws {GramcastError} NOT_FOUND when the bytes are gone. */
  read(record: ImageRecord): Promise<Uint8Array>;
  /**
   * Reads them piece by piece, each when it is asked for; to be read to the end or cancelled.
   *
   * @throws {GramcastError} NOT_FOUND
   */
  stream(record: ImageRecord): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** Removes a record, and the bytes with the last record that has them. */
  remove(id: string): Promise<void>;
  /** Every image, oldest first, for retention. */
  all(): Promise<readonly ImageRecord[]>;
  /** Bytes of all of an owner's pictures, also where others have the same. Their sum is kept: it costs the same for many. */
  bytesOf(owner: Owner): Promise<number>;
}

/** How many deliveries of a webhook are kept, beside those that are still on their way. */
export const DELIVERIES_KEPT = 1000;

/** A delivery with its place in the order of what happened. */
export interface ListedDelivery {
  readonly ordinal: number;
  readonly delivery: DeliveryRecord;
}

export interface DeliveryQuery {
  readonly webhookId: string;
  /** Only those that were tried and have not been delivered. */
  readonly failed: boolean;
  /** Deliveries before this ordinal, that is, after it in a list that has the newest first. */
  readonly olderThan: number | null;
  readonly newerThan: number | null;
  readonly limit: number;
}

/** What is under way: nothing more of these lanes, and nothing more to these hosts, is to be begun. */
export interface Busy {
  readonly lanes: readonly number[];
  readonly hosts: readonly string[];
}

/** The delivery that is first in its lane. All that a webhook is told of one transfer is one lane: it goes in order. */
export interface Waiting {
  readonly lane: number;
  readonly delivery: DeliveryRecord;
  readonly webhook: WebhookRecord;
  /** Attempts since it began, or was replayed. */
  readonly tries: number;
  readonly dueAt: number;
}

/** What becomes of a delivery after an attempt. */
export type Outcome =
  | { readonly kind: "DELIVERED" }
  /** Nothing at all is sent to its webhook before `heldUntil`. */
  | { readonly kind: "RETRY"; readonly dueAt: number; readonly heldUntil: number | null }
  | { readonly kind: "GIVEN_UP" }
  /** The receiver has ended the webhook. */
  | { readonly kind: "GONE" };

/** An attempt that was answered or failed. */
export interface Attempt {
  readonly at: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly outcome: Outcome;
}

/**
 * Webhooks, and the outbox of what they are still to be told. `TransferStore` adds to the outbox, in the transaction of
 * what there is to tell: both stores are of one storage. `PROGRESS` is not added for a webhook that has not been told the
 * one before it.
 */
export interface WebhookStore {
  /** Adds a webhook of an owner. False, and nothing is added, when the owner has `most` already. */
  add(webhook: WebhookRecord, most: number): Promise<boolean>;
  get(id: string): Promise<WebhookRecord | null>;
  /** The one that is told of this transfer alone. */
  ofTransfer(transferId: string): Promise<WebhookRecord | null>;
  /** Those of an owner that are told of all transfers, oldest first. */
  list(owner: Owner): Promise<readonly WebhookRecord[]>;
  /** Gives it a new secret; the one that it has signs until `until`. Null where there is none. */
  rotate(id: string, secret: string, until: number): Promise<WebhookRecord | null>;
  /** Removes a webhook with its deliveries. */
  remove(id: string): Promise<void>;

  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<readonly ListedDelivery[]>;
  delivery(id: string): Promise<DeliveryRecord | null>;
  /** What is due first, now or later; null when nothing waits that may be begun. It is on the disk. */
  next(busy: Busy): Promise<Waiting | null>;
  /** When the time was last set at which something that waits is due; 0 when nothing waits. It is not earlier now. */
  latest(): Promise<number>;
  /** Records an attempt; where it settles the delivery, the next one of its lane is due. Nothing happens where the delivery is gone or settled. */
  record(deliveryId: string, attempt: Attempt): Promise<void>;
  /** Has a delivery made anew from now on, whatever has become of it. Null where there is none. */
  replay(id: string, now: number): Promise<DeliveryRecord | null>;
  /** Removes what was delivered or given up and happened before a time. */
  sweep(before: number): Promise<void>;
}

export interface QueueEntry {
  readonly id: string;
  readonly owner: Owner;
  /** Higher goes first. */
  readonly priority: number;
  /** Under which it was admitted. */
  readonly role: Role;
}

/** How many transfers of an owner may be claimed at once, by the role of an entry; null for any number. */
export type MostRunning = Readonly<Record<Role, number | null>>;

export interface QueueLimits {
  readonly total: number;
  /** Null for any number. */
  readonly perOwner: number | null;
}

/**
 * Which transfer runs next: the highest priority; within it owners take turns, the one longest without a turn
 * at that priority first;
 * within an owner first in, first out.
 */
export interface TransferQueue {
  /**
   * Takes a place that cannot be claimed before `confirm`, so that a place is there before the transfer is. Reserving
   * an id that is queued already changes nothing.
   *
   * @throws {GramcastError} QUEUE_FULL, or QUOTA_EXCEEDED for `perOwner`, naming the limits; null for no limits.
   */
  reserve(entry: QueueEntry, limits: QueueLimits | null): Promise<void>;
  confirm(id: string): Promise<void>;
  /**
   * Takes the next transfer for a worker, until it is settled; null when none waits. Those of owners who have as many
   * claimed as they may are passed over, and keep their turn.
   */
  claim(worker: string, most?: MostRunning): Promise<string | null>;
  /** Forgets an entry, claimed or not. */
  settle(id: string): Promise<void>;
  /** What a worker claimed and never settled, in the order of claiming: it stopped in between. */
  claimed(worker: string): Promise<readonly string[]>;
  /** 0-based place among those that wait; null when it does not wait. */
  position(id: string): Promise<number | null>;
  /** Ids that wait, in the order in which they would be claimed if any number of an owner's could run at once. */
  waiting(): Promise<readonly string[]>;
  /** How many of an owner's are waiting, reservations included, and claimed. */
  counts(owner: Owner): Promise<{ readonly waiting: number; readonly running: number }>;
  /** Drops reservations that were never confirmed: their server stopped in between. */
  dropUnconfirmed(): Promise<void>;
}

/** What the bus tells about a transfer: how far its log has come. */
export interface LogPosition {
  /** Sequence number of the newest event. */
  readonly sequence: number;
  /** Sequence number of the newest event that changed the status; 0 when this news is of none. */
  readonly statusSequence: number;
}

/** Watches one transfer. It holds the newest position and nothing else, however far behind its reader is. */
export interface Watch extends Disposable {
  /** Newest position heard of since the watch began; zeros before the first. */
  readonly position: LogPosition;
  /** Resolves when `position.sequence` is above `after`, or the watch is disposed of. One call at a time. */
  changed(after: number): Promise<void>;
}

/** Tells watchers that a log has grown. It carries no events: those are read from the store. */
export interface EventBus {
  publish(transferId: string, position: LogPosition): Promise<void>;
  /** Resolves when every later `publish` will be heard. */
  watch(transferId: string): Promise<Watch>;
  /** Watches of this process that have not been disposed of. */
  readonly watchers: number;
}
