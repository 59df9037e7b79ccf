/**
 * What the schema layer may ask of the transfers layer. `TransferService` implements it.
 *
 * @module
 */
import type { EngineInfo } from "../engine/backends/backend.ts";
import type { ScaleCost } from "../engine/estimate/estimate.ts";
import type { LossPoint } from "../engine/objective/losses.ts";
import type { Retuning, TransferOptions, TransferRequest } from "../engine/options/options.ts";
import type { Fit } from "../engine/options/schedule.ts";
import type { Picture } from "../engine/picture.ts";
import type { MovingFormat } from "../images/written_format.ts";
import type { Recorder } from "./audit.ts";
import type { Caller } from "./caller.ts";
import type { Share } from "./quotas.ts";
import type {
  BatchRecord,
  BatchState,
  DeliveryRecord,
  ImageRecord,
  NoticeEvent,
  StyleRecord,
  TransferEvent,
  TransferPictures,
  TransferRecord,
  TransferStatus,
  WebhookRecord,
} from "./types.ts";

/** Where to tell of transfers, and what. */
export interface WebhookRequest {
  readonly url: string;
  readonly events: readonly NoticeEvent[];
}

/** A request whose pictures have been taken in: images are ids that the caller may see. */
export interface StartRequest extends TransferRequest, TransferPictures {
  readonly priority: number;
  readonly idempotencyKey: string | null;
  /** Told of this transfer alone. */
  readonly webhook?: WebhookRequest | null;
  /** The finished transfer that it paints larger; left out where there is none. */
  readonly enlargedFromId?: string;
}

/** How a finished painting is painted larger. */
export interface EnlargeRequest extends Pick<StartRequest, "idempotencyKey"> {
  readonly fit: Fit;
  /** At each new size; null for as many as the painting had at its last. */
  readonly steps: number | null;
}

/** A transfer that has been started, or had been by the same key. */
export interface Started {
  readonly transfer: TransferRecord;
  /** Of the webhook that was made with it; null where there was none, and for a transfer that was there already. */
  readonly webhookSecret: string | null;
}

/** A slice of a list, newest first. Cursors are opaque. */
export interface PageRequest {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}
export interface Page<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly totalCount: number;
}

/** A page of a list that is not counted. */
export type Slice<T> = Omit<Page<T>, "totalCount">;

/** A frame that can be encoded on demand; it stays valid as long as it is held. */
export interface FrameHandle {
  readonly transferId: string;
  readonly step: number;
  readonly width: number;
  readonly height: number;
  /** The pixels, from memory or from the store. */
  picture(): Promise<Picture>;
  /** The same as they are kept: the last frame of a transfer that has succeeded in 16 bits, too. */
  finest(): Promise<Picture>;
}

/** One delivery of `transferProgress`. */
export interface ProgressItem {
  readonly event: TransferEvent;
  /** The transfer as it is now, perhaps newer than the event. */
  readonly transfer: TransferRecord;
  /** Null where the event made none or where a newer one has taken its place. */
  readonly frame: FrameHandle | null;
  /** Frames passed over since the last delivery that carried one. */
  readonly skippedFrames: number;
}

export interface ProgressRequest {
  /** Replay every event after this sequence number; left out: begin with a snapshot of now. */
  readonly after?: number | null;
  /** Least milliseconds between deliveries, except for changes of status. */
  readonly minInterval?: number;
}

export interface CostEstimate {
  /** Null before this machine's rate has been measured. */
  readonly seconds: number | null;
  readonly memoryBytes: number;
  /** At the last scale. */
  readonly flopsPerStep: number;
  /** Over all scales and frames. */
  readonly steps: number;
  /** Frames of the content that are painted. */
  readonly contentFrames: number;
  readonly fits: boolean;
  /** Of the first frame, from coarse to fine. */
  readonly scales: readonly (ScaleCost & { readonly seconds: number | null })[];
}

/** The state of the transfers, for operators. */
export interface Vitals {
  /** Transfers in the queue, and on an engine of this server. */
  readonly waiting: number;
  readonly running: number;
  /** Subscriptions to transfers. */
  readonly watchers: number;
  /** Engines of this server; where there are none, others run what is started here. */
  readonly engines: number;
  /** Whether the storage could be written when that was last tried. */
  readonly storageWritable: boolean;
}

/** A page of transfers. */
export interface ListRequest extends PageRequest {
  /** Left out, or null, for any. */
  readonly status?: readonly TransferStatus[] | null | undefined;
  /** Also those of other owners; for admins. */
  readonly allOwners?: boolean | null | undefined;
}

/** What a running server has of the transfers layer. */
export interface AllTransfers {
  /** The transfers as a caller may see and change them. */
  as(caller: Caller, record?: Recorder): Transfers;
  /** The engine that would run the next transfer. */
  engine(): Promise<EngineInfo>;
  vitals(): Promise<Vitals>;
  samples(): Promise<readonly SampleRecord[]>;
}

/**
 * What a caller may see and change. Every method that takes an id answers NOT_FOUND (or null, where it may) for what the
 * caller may not see, and FORBIDDEN for what they may see and not change.
 */
export interface Transfers {
  start(request: StartRequest): Promise<Started>;
  /** Starts a transfer of the caller that paints a finished one larger. */
  enlarge(id: string, request: EnlargeRequest): Promise<Started>;
  cancel(id: string): Promise<TransferRecord>;
  resume(id: string, steps: number | null): Promise<TransferRecord>;
  retune(id: string, retuning: Retuning): Promise<TransferRecord>;
  remove(id: string): Promise<void>;
  get(id: string): Promise<TransferRecord | null>;
  /** A transfer that the caller may change. @param what As in "Cannot share the transfer". */
  own(id: string, what: string): Promise<TransferRecord>;
  /** Newest first. */
  list(request: ListRequest): Promise<Page<TransferRecord>>;
  progress(id: string, request: ProgressRequest): Promise<AsyncIterableIterator<ProgressItem>>;
  /** Losses by step, thinned to at most `points`; first and last are always there. */
  lossHistory(id: string, points: number): Promise<readonly LossPoint[]>;
  /** The frame of a step, the newest when `step` is null; null when there is none or it was not kept. */
  frame(id: string, step: number | null): Promise<FrameHandle | null>;
  /** Frames that are still there, by step. */
  frames(id: string, page: PageRequest): Promise<Page<FrameHandle>>;
  /** 0-based place in the queue; null when it is not queued. */
  queuePosition(id: string): Promise<number | null>;
  /** Seconds until it ends, its wait in the queue included; null when unknown or ended. */
  etaSeconds(transfer: TransferRecord): Promise<number | null>;
  /** Formats that a result which moves can be had in. */
  readonly movingFormats: readonly MovingFormat[];
  /**
   * A result that moves, in a format; null where there is no such result. It is made when it is first asked for, and kept with
   * the transfer; its bytes where there is no room for them.
   *
   * @param signal Of who asks: what is made is broken off when all who ask have left.
   * @throws {GramcastError} FORMAT_UNAVAILABLE, QUEUE_FULL
   */
  movingResult(
    id: string,
    format: MovingFormat,
    signal: AbortSignal,
  ): Promise<ImageRecord | Uint8Array<ArrayBuffer> | null>;
  /** As `movingResult`, of one that is kept; null for one that would have to be made. */
  keptMovingResult(id: string, format: MovingFormat): Promise<ImageRecord | null>;
  /** What its result says it was made from, as JSON; null where there is no such transfer. */
  recipe(id: string): Promise<string | null>;
  estimate(request: StartRequest): Promise<CostEstimate>;
  /** ImageNet probabilities (1000) of an image by the whole network. @throws GramcastError WEIGHTS_INCOMPLETE */
  classify(imageId: string): Promise<Float32Array>;
  /** What the caller's owner may have and do, and uses of it. */
  shares(): Promise<readonly Share[]>;
  readonly images: ImageLibrary;
  readonly webhooks: Webhooks;
  readonly batches: Batches;
}

/** The options of one variation of a batch, those of all included; images are ids that the caller may see. */
export interface BatchVariation extends TransferRequest, Pick<TransferPictures, "contentMaskId" | "initImageId"> {
  readonly name: string | null;
}

/** Transfers asked for as one: every content with every group of styles under every variation. */
export interface BatchRequest extends Pick<StartRequest, "priority" | "idempotencyKey"> {
  /** Ids of images. */
  readonly contents: readonly string[];
  readonly styles: readonly (readonly StyleRecord[])[];
  readonly variations: readonly BatchVariation[];
}

/** One delivery of `batchProgress`: what happened to one of its transfers. */
export interface BatchItem extends BatchState {
  readonly batch: BatchRecord;
  /** How far each of the logs has been delivered; opaque. */
  readonly cursor: string;
  /** Events of all logs together up to here, those passed over included. */
  readonly sequence: number;
  readonly progress: ProgressItem;
}

export interface BatchProgressRequest extends Omit<ProgressRequest, "after"> {
  /** The cursor of the last delivery; "0" for every event from the first; left out: begin with a snapshot of now. */
  readonly after?: string | null;
}

/** Batches as a caller may see and change them: who may see all of an owner's transfers may see their batches. */
export interface Batches {
  /** Starts all transfers of a batch, or none. @throws {GramcastError} As `start`, with the field of the batch. */
  start(request: BatchRequest): Promise<BatchRecord>;
  /** What each of its transfers would cost, by content, then by styles, then by variation. */
  estimate(request: BatchRequest): Promise<readonly CostEstimate[]>;
  /** Cancels all that has not ended. */
  cancel(id: string): Promise<BatchRecord>;
  /** Cancels all that has not ended and removes all. Answers the ids of the transfers. */
  remove(id: string): Promise<readonly string[]>;
  get(id: string): Promise<BatchRecord | null>;
  /** Newest first. */
  list(request: Omit<ListRequest, "status">): Promise<Page<BatchRecord>>;
  state(id: string): Promise<BatchState>;
  /** Those of its transfers that are still there, by their places. */
  transfers(id: string): Promise<readonly TransferRecord[]>;
  progress(id: string, request: BatchProgressRequest): Promise<AsyncIterableIterator<BatchItem>>;
}

/** A webhook with the secret that it has been given; whoever asked is told it once. */
export interface NewSecret {
  readonly webhook: WebhookRecord;
  readonly secret: string;
}

/** A page of deliveries. */
export interface DeliveryPageRequest extends Pick<PageRequest, "first" | "after"> {
  /** Only those that were tried and have not been delivered. */
  readonly failed?: boolean | null | undefined;
}

/** Addresses that are told of transfers, as a caller may see and change them. Viewers may neither. */
export interface Webhooks {
  /** Throws what `create` and `start` would throw. @param prefix Of the fields that errors name. */
  check(request: WebhookRequest, prefix?: string): WebhookRequest;
  /** @throws {GramcastError} BAD_USER_INPUT; CONFLICT when the caller has as many as anybody may. */
  create(request: WebhookRequest): Promise<NewSecret>;
  get(id: string): Promise<WebhookRecord | null>;
  /** The one that is told of this transfer alone. */
  ofTransfer(transferId: string): Promise<WebhookRecord | null>;
  /** Those that are told of all of the caller's transfers, oldest first. */
  list(page: PageRequest): Promise<Page<WebhookRecord>>;
  /** Gives it a new secret; the one before signs too for a day. */
  rotate(id: string): Promise<NewSecret>;
  remove(id: string): Promise<void>;
  /** Newest first. */
  deliveries(webhookId: string, page: DeliveryPageRequest): Promise<Slice<DeliveryRecord>>;
  delivery(id: string): Promise<DeliveryRecord | null>;
  /** Has a delivery made anew. @throws {GramcastError} CONFLICT when its receiver has ended the webhook. */
  replay(id: string): Promise<DeliveryRecord>;
}

export interface SampleRecord {
  readonly name: string;
  readonly description: string;
  readonly image: ImageRecord;
}

/** Encoded pictures that are kept, deduplicated by content and owner, as a caller may see them. */
export interface ImageLibrary {
  /** Begins to take pictures in for one request; dispose of it when the request is done. */
  intake(): ImageIntake;
  /** An image that the caller may see: their own, of a transfer that was shared with them, or a built-in sample. */
  get(id: string): Promise<ImageRecord | null>;
  /** The caller's image of these bytes, or a sample. */
  find(sha256: string): Promise<ImageRecord | null>;
  read(image: ImageRecord): Promise<Uint8Array>;
  /** As `read`, piece by piece as it is asked for; to be read to the end or cancelled. */
  stream(image: ImageRecord): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** An address from which whoever has it gets an image for some minutes, without this server; null where there is none. */
  link(image: ImageRecord): Promise<string | null>;
  /** Frames of an animation, or pages, in its file: the first is the picture. */
  frames(image: ImageRecord): Promise<number>;
  /** What its file says it was made from, as JSON; null where it does not. */
  recipe(image: ImageRecord): Promise<string | null>;
  samples(): Promise<readonly SampleRecord[]>;
}

/**
 * The pictures of one request. Nothing removes them before this is disposed of; then those go that the request has
 * brought and that neither a transfer nor an upload keeps.
 */
export interface ImageIntake extends AsyncDisposable {
  /**
   * Takes in an encoded picture: checks limits from its header, decodes it once to be sure, keeps its bytes.
   *
   * @throws {GramcastError} STORAGE_FULL where RETENTION_BYTES has no room for it, or the disk.
   */
  keep(bytes: Uint8Array): Promise<ImageRecord>;
  /** An image that the caller may use: their own, or a built-in sample. */
  get(id: string): Promise<ImageRecord | null>;
  /** Keeps an image of the owner for its own sake, for RETENTION_DAYS from now on. Samples stay what they are. */
  upload(image: ImageRecord): Promise<ImageRecord>;
}

export type { TransferOptions };
