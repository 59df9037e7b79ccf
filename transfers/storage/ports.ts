/**
 * What the transfers layer needs from storage, queue and event bus. Nothing above this file knows which adapter is
 * below: `memory/` forgets everything at exit, `sqlite/` keeps it under `DATA_DIR`. Everything answers with a promise,
 * so that an adapter may be on another machine. `conformance/` holds the suite that each adapter passes.
 *
 * @module
 */
import type { EngineInfo } from "../../engine/backends/backend.ts";
import type { LossPoint } from "../../engine/objective/losses.ts";
import type { Retuning } from "../../engine/options/options.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Role } from "../caller.ts";
import type { Clock } from "../clock.ts";
import type {
  BatchRecord,
  BatchTally,
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
  /**
   * A UUID of its own, for one that is tried again when nobody knows whether it has happened. Under a claim it happens once
   * then, and the later call is answered as the first would have been.
   */
  readonly name?: string;
}

/** Part of a list in the order of creation. */
export interface RangeQuery {
  /** Null for any. */
  readonly owner: Owner | null;
  /** What was created before this ordinal, that is, after it in a list that has the newest first. */
  readonly olderThan: number | null;
  readonly newerThan: number | null;
  readonly limit: number;
  /** Which end of the range `limit` counts from. */
  readonly take: "newest" | "oldest";
}

export interface ListQuery extends RangeQuery {
  /** Null for any. */
  readonly statuses: readonly TransferStatus[] | null;
}

/** A record with its place in the order of creation. */
export interface Listed<Entry = TransferRecord> {
  readonly ordinal: number;
  readonly record: Entry;
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

/**
 * The right of a worker to write a transfer, from its claim until it is settled, released or expired. Each claim of a
 * transfer has a higher epoch than those before it: what is written under an older one is refused (fencing).
 */
export interface Claim {
  readonly id: string;
  readonly epoch: number;
}

/**
 * Thrown where something is written under a claim that is not the transfer's newest: it has been claimed anew, settled, or
 * released. A lease that has only run out refuses nothing: nobody else writes then.
 */
export class ClaimLost extends Error {}

/** Transfers with their event logs, checkpoints and frames. */
export interface TransferStore {
  /**
   * The store as the holder of a claim writes it: `append`, `saveCheckpoint`, `saveFrame` and `removeFrames` of its transfer
   * throw `ClaimLost`, and change nothing, once the claim is not in force any more. Where one process is alone with the
   * storage it may be the store itself.
   */
  under(claim: Claim): TransferStore;
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
   * @throws {GramcastError} STORAGE_FULL when it cannot be written; then nothing has changed. STORAGE_UNAVAILABLE when the
   *   storage does not answer; then it is not known whether all of it has happened, or nothing.
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

/** A transfer before the store has it, with the first event of its log. */
export interface NewTransfer {
  readonly record: TransferRecord;
  readonly event: NewEvent;
}

/**
 * Batches: which transfers were started as one. A batch is there as long as any of its transfers is: `TransferStore.remove`
 * takes it along with the last. Both stores are of one storage.
 */
export interface BatchStore {
  /**
   * Adds a batch with its transfers, each with the first event of its log: all, or nothing. When its owner has a batch with
   * the same idempotency key, that one is answered and nothing is added, also when two calls race.
   *
   * @param transfers In the order of their places; their `batch` says that they are of this one.
   * @throws {GramcastError} STORAGE_FULL; then nothing is added.
   */
  create(
    batch: BatchRecord,
    transfers: readonly NewTransfer[],
  ): Promise<{ readonly record: BatchRecord; readonly created: boolean }>;
  get(id: string): Promise<BatchRecord | null>;
  findByKey(owner: Owner, idempotencyKey: string): Promise<BatchRecord | null>;
  /** Newest first, whichever end `take` counts from. */
  list(query: RangeQuery): Promise<readonly Listed<BatchRecord>[]>;
  count(owner: Owner | null): Promise<number>;
  /** Those of its transfers that are still there, in the order of their places; none where there is no such batch. */
  transfers(id: string): Promise<readonly TransferRecord[]>;
  /** How many of those are in each status. */
  tally(id: string): Promise<BatchTally>;
}

/** Milliseconds, by the storage's own clock, after which what a server holds that has stopped may be removed. */
export const HOLD_MILLISECONDS = 3_600_000;

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
  /**
   * An address from which whoever has it gets the bytes without this server; null where there is none.
   *
   * @param seconds For which it is good.
   * @throws {GramcastError} NOT_FOUND
   */
  link(record: ImageRecord, seconds: number): Promise<string | null>;
  /**
   * Keeps an image from being removed by any server until its holder lets go, or for `HOLD_MILLISECONDS`, and answers it; null
   * where there is none. Where one process is alone with the storage it holds images in its memory, and this is no more
   * than `get`.
   */
  hold(id: string, holder: string): Promise<ImageRecord | null>;
  /** Takes back all that a holder holds. */
  letGo(holder: string): Promise<void>;
  /**
   * Removes a record, and the bytes with the last record that has them, unless somebody holds it or a transfer has come to
   * use it. Answers whether it is gone.
   */
  remove(id: string): Promise<boolean>;
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
  /** What a worker has to have for it. */
  readonly needs: { readonly memoryBytes: number; readonly layers: readonly string[] };
}

/** A worker that asks for transfers: one engine of one process. */
export interface Claimant {
  /** Unique among all workers; where one process is alone with the storage the same after a restart. */
  readonly name: string;
  /** It gets only entries that need no more. Null for any. */
  readonly memoryBytes: number | null;
  /** Layers that its weights have; null for any. */
  readonly layers: readonly string[] | null;
}

/** Milliseconds after which a reservation was left by a server that is there no more. */
export const UNCONFIRMED_MILLISECONDS = 60_000;

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
  /** As `reserve`, for entries of one owner that are not queued yet: each gets a place, or none does. */
  reserveAll(entries: readonly QueueEntry[], limits: QueueLimits): Promise<void>;
  /** Lets what is reserved be claimed. */
  confirm(...ids: string[]): Promise<void>;
  /**
   * Takes the next transfer that a worker can run, until it is settled or released, or until the lease has run out without
   * being renewed; null when none waits. Those that it cannot run, or whose owners have as many claimed as they may, are
   * passed over: owners take turns as if only the others waited. What was claimed and whose lease has run out comes before
   * all that waits.
   */
  claim(worker: Claimant, most?: MostRunning): Promise<Claim | null>;
  /**
   * Renews the leases of all that a worker has claimed. Answers those claims that are still in force: a lease that has run
   * out and that nobody else has claimed since is in force again.
   */
  renew(worker: string): Promise<readonly Claim[]>;
  /** Milliseconds, on the storage's own clock, that a claim lasts without being renewed; null where claims last for ever. */
  readonly leaseMilliseconds: number | null;
  /** Forgets an entry, claimed or not. With a claim, only while that is in force. */
  settle(id: string, claim?: Claim): Promise<void>;
  /** Gives a claim up: any worker may claim the transfer at once, before all that waits. */
  release(claim: Claim): Promise<void>;
  /** What a worker claimed and never settled, in the order of claiming: it stopped in between. */
  claimed(worker: string): Promise<readonly Claim[]>;
  /** Who has claimed a transfer, with a lease that has not run out; null for none. */
  holder(id: string): Promise<string | null>;
  /** 0-based place among those that wait; null when it does not wait. */
  position(id: string): Promise<number | null>;
  /** The first ids that wait, in the order in which they would be claimed if any number of an owner's could run at once. */
  waiting(first: number): Promise<readonly string[]>;
  /** How many wait. */
  length(): Promise<number>;
  /** How many of an owner's are waiting, reservations included, and claimed. */
  counts(owner: Owner): Promise<{ readonly waiting: number; readonly running: number }>;
  /**
   * Drops reservations that were never confirmed, since their server stopped in between; where others share the storage,
   * those that are older than a minute.
   */
  dropUnconfirmed(): Promise<void>;
  /** Of these transfers, those that the queue does not know, neither as waiting nor as claimed. */
  missing(ids: readonly string[]): Promise<readonly string[]>;
  /** Calls `wake` whenever there may be something new to claim, by whichever server; now and then for nothing. */
  watch(wake: () => void): Disposable;
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

/** What a caller asks of the worker that runs a transfer. */
export type Order =
  | { readonly kind: "CANCEL" }
  | { readonly kind: "RETUNE"; readonly retuning: Retuning };

/** An order that nobody has answered yet. */
export interface OpenOrder {
  readonly id: string;
  readonly transferId: string;
  readonly order: Order;
}

/** Null when it was done, or why not. */
export type OrderAnswer = { readonly failure: { readonly code: ErrorCode; readonly message: string } | null };

/**
 * Orders from any server to the worker that runs a transfer: it alone writes the transfer meanwhile. They are kept until they
 * are answered or their transfer is gone: the worker that goes on with a transfer after another's death finds them.
 */
export interface OrderBook {
  send(transferId: string, order: Order): Promise<OpenOrder>;
  /** Those of these transfers that are not answered, oldest first. */
  open(transferIds: readonly string[]): Promise<readonly OpenOrder[]>;
  answer(orderId: string, answer: OrderAnswer): Promise<void>;
  /** The answer; null when there is none after so many milliseconds. */
  answered(orderId: string, milliseconds: number): Promise<OrderAnswer | null>;
  /** Calls `wake` whenever an order may have been sent, by whichever server; now and then for nothing. */
  watch(wake: () => void): Disposable;
}

/** The newest frame of a transfer as it is shown while it runs, for servers that do not run it. */
export interface LiveFrame extends FrameRecord {
  readonly bytes: Uint8Array;
}

/** The newest frames of transfers that run. One may be gone after a failure of the storage: the next step brings another. */
export interface LiveFrames {
  /** Takes the place of the one before. @throws {ClaimLost} */
  show(claim: Claim, frame: LiveFrame): Promise<void>;
  /** Which frame is the newest, without its bytes. */
  newest(id: string): Promise<FrameRecord | null>;
  /** Its bytes; null when a newer one has taken its place. */
  read(id: string, step: number): Promise<Uint8Array | null>;
  remove(id: string): Promise<void>;
}

/** A worker as it makes itself known. */
export interface WorkerRecord {
  readonly name: string;
  /** Of Gramcast. */
  readonly version: string;
  readonly engine: EngineInfo;
  readonly memoryBytes: number;
  readonly layers: readonly string[];
  readonly weightsSha256: string;
}

/** The workers that are there, those of other machines included. */
export interface WorkerRegistry {
  /** Makes a worker known, or says that it is still there: it is forgotten a lease after it last did. */
  announce(worker: WorkerRecord): Promise<void>;
  withdraw(name: string): Promise<void>;
  /** Those that are there, by their names. */
  present(): Promise<readonly WorkerRecord[]>;
}

/** What only one at a time may do, of all servers that share a storage. */
export interface Exclusion {
  /** Runs a call when no other of its key is under way on any server. */
  inTurn<T>(key: string, call: () => Promise<T>): Promise<T>;
  /**
   * Runs a task on one server at a time, as long as that is there; on another soon after it is not. `lost` is aborted when
   * the server cannot be sure any more that it is the only one; another may have begun a moment before, so what a task
   * does has to be harmless when two do it.
   */
  lead(task: string, run: (lost: AbortSignal) => Promise<void>): AsyncDisposable;
}

/** All that one storage keeps. */
export interface Storage {
  readonly store: TransferStore;
  readonly batches: BatchStore;
  readonly images: ImageStore;
  readonly queue: TransferQueue;
  readonly webhooks: WebhookStore;
  readonly bus: EventBus;
  readonly exclusion: Exclusion;
  /** What servers that share the storage need of each other; null where one process is alone with it. */
  readonly shared: SharedStorage | null;
  close(): Promise<void>;
}

export interface SharedStorage {
  readonly orders: OrderBook;
  readonly liveFrames: LiveFrames;
  readonly workers: WorkerRegistry;
  /** Milliseconds since the epoch by the clock that all servers share. */
  readonly clock: Pick<Clock, "now" | "wall">;
}
