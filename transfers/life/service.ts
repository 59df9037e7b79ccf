import type { EngineInfo } from "../../engine/backends/backend.ts";
import type { CostModel } from "../../engine/estimate/estimate.ts";
import { decodePicture, NO_LIMITS } from "../../images/decode.ts";
import type { LossPoint } from "../../engine/objective/losses.ts";
import type { Retuning } from "../../engine/options/options.ts";
import { GramcastError } from "../../errors.ts";
import { LIMITS } from "../../limits.ts";
import { checkNumber, quoted } from "../../values.ts";
import type {
  AllTransfers,
  BatchItem,
  BatchProgressRequest,
  BatchRequest,
  CostEstimate,
  EnlargeRequest,
  FrameHandle,
  Page,
  PageRequest,
  ProgressItem,
  ProgressRequest,
  SampleRecord,
  Started,
  StartRequest,
  Transfers,
  Vitals,
} from "../api.ts";
import { NOT_RECORDED, type Recorder } from "../audit.ts";
import type { Caller } from "../caller.ts";
import type { Clock } from "../clock.ts";
import { BatchControl } from "./batch_control.ts";
import { BatchStarter } from "./batch_starter.ts";
import { CallerTransfers } from "./caller_transfers.ts";
import { Classifications, type Classifying } from "./classifications.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { Engine } from "../process/engine.ts";
import { Fleet } from "./fleet.ts";
import { Forecast } from "./forecast.ts";
import { FrameCache } from "../watch/frame_cache.ts";
import { HeldImages } from "./held_images.ts";
import { ImageLives } from "./image_lives.ts";
import { type BuiltInSample, KeptImages } from "./image_library.ts";
import { Interventions } from "./interventions.ts";
import { Journal } from "./journal.ts";
import { listNewest } from "./list_newest.ts";
import { QueueAdmission } from "./queue_admission.ts";
import { QuotaBook } from "./quota_book.ts";
import { sharedClock } from "../shared_clock.ts";
import type { Log } from "../log.ts";
import { LoopTurns } from "../loop_turns.ts";
import { Deliverer } from "../notices/deliverer.ts";
import { KeptWebhooks } from "../notices/kept_webhooks.ts";
import type { Receivers } from "../notices/receivers.ts";
import { NO_OBSERVER, type TransferObserver } from "../observer.ts";
import type { Quotas, Share } from "../quotas.ts";
import { pageOf } from "../storage/paging.ts";
import type { BatchStore, Storage } from "../storage/ports.ts";
import { type BatchSources, BatchStream } from "../watch/batch_stream.ts";
import { ProgressStream } from "../watch/progress_stream.ts";
import { sharedReads } from "../watch/shared_reads.ts";
import { MOST_LOOKED_AT, QueueForecast, type Running } from "./queue_forecast.ts";
import { recipeOf } from "./recipe.ts";
import { Recovery } from "./recovery.ts";
import { type Films, Renditions } from "./renditions.ts";
import { Retention, type RetentionLimits } from "./retention.ts";
import { Sharing } from "./sharing.ts";
import { Starter } from "./starter.ts";
import {
  type BatchRecord,
  hasEnded,
  type ImageRecord,
  type Owner,
  TRANSFER_STATUSES,
  type TransferRecord,
  type TransferStatus,
} from "../types.ts";

export interface TransferPorts extends Omit<Storage, "close"> {
  readonly receivers: Receivers;
  /** What runs transfers here; none where only other servers do. */
  readonly engines: readonly Engine[];
  /** What classifies; the first of `engines` where it is left out. */
  readonly classifier?: Classifying;
  /** What writes films; nothing does where it is left out. */
  readonly films?: Films;
  readonly clock: Clock;
  readonly log: Log;
  /** Nobody hears of transfers where it is left out. */
  readonly observer?: TransferObserver;
}

export interface TransferSettings {
  /** Transfers that may wait, of all owners. */
  readonly maxQueued: number;
  /** What one owner may have and do. */
  readonly quotas: Quotas;
  readonly retention: RetentionLimits;
  /**
   * Whether this server answers callers. One that does not leaves to those that do what one of all servers is to do: retention,
   * webhooks, recovery.
   */
  readonly answersCallers: boolean;
  /** Of Gramcast. */
  readonly version: string;
  readonly imageLimits: { readonly maxBytes: number; readonly maxPixels: number };
  readonly engineMemoryBytes: number;
  /** Bytes that the kept frames of one transfer may take. */
  readonly maxFramesBytes: number;
  readonly cost: CostModel;
  readonly samples: readonly BuiltInSample[];
  /** Names of the layers that the weights in force have. */
  readonly layers: () => ReadonlySet<string>;
  /** Where the server is reached from outside, for what webhooks are told; null to tell paths. */
  readonly publicUrl: URL | null;
}

/** Ended transfers that tell, at the start, what steps take on this machine: enough for several sizes. */
const LEARNED_FROM = 20;

/** The life of transfers, whatever keeps them and whatever computes them. */
export class TransferService implements AllTransfers {
  readonly images: KeptImages;
  readonly webhooks: KeptWebhooks;
  readonly renditions: Renditions;
  readonly #ports: TransferPorts;
  readonly #answersCallers: boolean;
  readonly #journal: Journal;
  readonly #frames: FrameCache;
  /** What all who watch read from. */
  readonly #watching: BatchSources;
  readonly #forecast: Forecast;
  readonly #queueForecast: QueueForecast;
  readonly #dispatcher: Dispatcher;
  readonly #starter: Starter;
  readonly #batchStarter: BatchStarter;
  readonly #batchControl: BatchControl;
  readonly #quotas: QuotaBook;
  readonly #retention: Retention;
  readonly #classifications: Classifications;
  readonly #deliverer: Deliverer;
  readonly #recovery: Recovery;
  readonly #fleet: Fleet;
  /** Null where no other server has a part in the storage. */
  readonly #sharing: Sharing | null;
  readonly #interventions: Interventions;

  /** Takes up what a stop left unfinished, and begins to run transfers. */
  static async open(ports: TransferPorts, settings: TransferSettings): Promise<TransferService> {
    // Records have the time of the clock that all servers share, however this one's is set.
    const clock = ports.shared === null ? ports.clock : sharedClock(ports.clock, ports.shared.clock);
    const service = new TransferService({ ...ports, clock }, settings);
    await service.#start();
    return service;
  }

  async #start(): Promise<void> {
    await this.#fleet.start();
    if (this.#answersCallers) await this.#recovery.start(this.#dispatcher.workers);
    await this.#learnStepTime();
    this.#sharing?.start();
    this.#dispatcher.start();
    if (!this.#answersCallers) return;
    this.#retention.start();
    this.#deliverer.start();
  }

  private constructor(ports: TransferPorts, settings: TransferSettings) {
    const { store, queue, webhooks, receivers, bus, exclusion, shared, clock, log, engines } = ports;
    const { observer = NO_OBSERVER } = ports;
    const { answersCallers, engineMemoryBytes, version, layers } = settings;
    this.#answersCallers = answersCallers;
    const lives = new ImageLives(ports.images, store);
    const hold = () => new HeldImages(ports.images, lives, clock);
    this.#ports = ports;
    this.#journal = new Journal(store, bus, clock, log, () => this.#deliverer.nudge(), observer);
    this.#deliverer = new Deliverer({
      webhooks,
      exclusion,
      receivers,
      clock,
      log,
      isShared: shared !== null,
      patiently: (write) => this.#journal.patiently(write),
      publicUrl: settings.publicUrl,
    });
    this.webhooks = new KeptWebhooks({ webhooks, receivers, clock, nudge: () => this.#deliverer.nudge() });
    this.#frames = new FrameCache(
      store,
      (encoded) => decodePicture(encoded, NO_LIMITS, { transparency: "KEEP", fine: true }),
      shared?.liveFrames,
    );
    this.#watching = { store: sharedReads(store), bus, clock, frames: this.#frames, observer, turns: new LoopTurns() };
    this.#fleet = new Fleet({
      engines,
      // Nobody asks one that answers no callers about others.
      registry: answersCallers ? shared?.workers ?? null : null,
      store,
      memoryBytes: engineMemoryBytes,
      clock,
      log,
    });
    this.#forecast = new Forecast(settings.cost, () => this.#fleet.memoryBytes);
    this.#recovery = new Recovery({ store, queue, exclusion, forecast: this.#forecast, clock, log });
    this.#quotas = new QuotaBook({ store, images: ports.images, queue, exclusion, clock, log }, settings.quotas);
    this.images = new KeptImages(
      ports.images,
      hold,
      (bytes) => this.#retention.makeRoom(bytes),
      this.#quotas,
      settings.imageLimits,
      settings.samples,
    );
    this.renditions = new Renditions({
      store,
      images: ports.images,
      readImage: (id) => this.images.readById(id),
      hold,
      films: ports.films ?? null,
      log,
    });
    this.#retention = new Retention(
      {
        store,
        images: ports.images,
        webhooks,
        exclusion,
        lives,
        frames: this.#frames,
        journal: this.#journal,
        clock,
        log,
      },
      settings.retention,
    );
    this.#classifications = new Classifications(ports.classifier ?? engines[0]!, settings.imageLimits, layers);
    this.#dispatcher = new Dispatcher({
      runs: {
        store,
        readImage: (id) => this.images.readById(id),
        recipe: (record) => recipeOf(record, this.images),
        hold,
        journal: this.#journal,
        frames: this.#frames,
        maxFramesBytes: settings.maxFramesBytes,
        liveFrames: shared?.liveFrames ?? null,
        log,
      },
      queue,
      engines,
      forecast: this.#forecast,
      quotas: this.#quotas,
      clock,
      server: shared && crypto.randomUUID(),
      abilities: shared === null
        ? { memoryBytes: null, layers: null }
        : { memoryBytes: engineMemoryBytes, layers: [...layers()] },
      began: () => this.#sharing?.taker.nudge(),
    });
    this.#sharing = shared && new Sharing({ shared, queue, dispatcher: this.#dispatcher, engines, clock, log }, {
      version,
      memoryBytes: engineMemoryBytes,
      layers,
    });
    this.#interventions = new Interventions({
      record: (id) => this.#record(id),
      queue,
      journal: this.#journal,
      dispatcher: this.#dispatcher,
      quotas: this.#quotas,
      others: shared && this.#sharing && { orders: this.#sharing.orders, liveFrames: shared.liveFrames },
    });
    this.#queueForecast = new QueueForecast({
      store,
      queue,
      forecast: this.#forecast,
      clock,
      running: () => this.#running(),
    });
    const { images } = this;
    const [journal, dispatcher, forecast] = [this.#journal, this.#dispatcher, this.#forecast];
    const { maxQueued } = settings;
    const admission = new QueueAdmission({ queue, journal, dispatcher, forecast, quotas: this.#quotas, maxQueued });
    this.#starter = new Starter({
      store,
      queue,
      admission,
      journal,
      images,
      webhooks: this.webhooks,
      dispatcher,
      forecast,
      orders: this.#sharing?.orders ?? null,
      layers,
    });
    this.#batchStarter = new BatchStarter({ batches: ports.batches, admission, journal, images, forecast, layers });
    this.#batchControl = new BatchControl({
      batches: ports.batches,
      cancel: (id) => this.cancel(id),
      remove: (id) => this.remove(id),
    });
  }

  /** What steps take, from the newest transfers that have ended. */
  async #learnStepTime(): Promise<void> {
    const query = {
      owner: null,
      statuses: TRANSFER_STATUSES.filter(hasEnded),
      olderThan: null,
      newerThan: null,
    } as const;
    const newest = await this.#ports.store.list({ ...query, take: "newest", limit: LEARNED_FROM });
    for (const { record } of newest.toReversed()) this.#forecast.observe(record);
  }

  as(caller: Caller, record: Recorder = NOT_RECORDED): Transfers {
    return new CallerTransfers(this, caller, record);
  }

  /** Starts a transfer of the caller. */
  start(caller: Caller, request: StartRequest): Promise<Started> {
    return this.#starter.start(caller, request);
  }

  /** Starts a transfer of the caller that paints a finished one larger, which `find` answers. */
  enlarge(
    caller: Caller,
    id: string,
    request: EnlargeRequest,
    find: () => Promise<TransferRecord>,
  ): Promise<Started> {
    return this.#starter.enlarge(caller, id, request, find);
  }

  cancel(id: string): Promise<TransferRecord> {
    return this.#interventions.cancel(id);
  }

  async resume(caller: Caller, id: string, steps: number | null): Promise<TransferRecord> {
    return await this.#starter.resume(caller, id, steps);
  }

  /** Answers when the retuning is in the record; the next step is computed with it. @throws {GramcastError} STORAGE_FULL */
  retune(id: string, retuning: Retuning): Promise<TransferRecord> {
    return this.#interventions.retune(id, retuning);
  }

  async remove(id: string): Promise<void> {
    const record = await this.#record(id);
    if (!hasEnded(record.status)) {
      throw new GramcastError(
        "CONFLICT",
        `Cannot delete the transfer: it is ${record.status}, wanted one that has ended; cancel it first`,
      );
    }
    await this.#dispatcher.running(id)?.done;
    await this.#retention.remove(record);
  }

  get(id: string): Promise<TransferRecord | null> {
    return this.#ports.store.get(id);
  }

  /** Of all owners where `owner` is null. */
  list(
    owner: Owner | null,
    page: PageRequest,
    statuses: readonly TransferStatus[] | null,
  ): Promise<Page<TransferRecord>> {
    const { store } = this.#ports;
    return listNewest(store, { owner, statuses }, page, () => store.count(owner, statuses));
  }

  async progress(record: TransferRecord, request: ProgressRequest): Promise<AsyncIterableIterator<ProgressItem>> {
    return await ProgressStream.open(this.#watching, record, request);
  }

  get batches(): BatchStore {
    return this.#ports.batches;
  }

  /** Starts all transfers of a batch, or none. */
  startBatch(caller: Caller, request: BatchRequest): Promise<BatchRecord> {
    return this.#batchStarter.start(caller, request);
  }

  /** What each transfer of a batch would cost. */
  async estimateBatch(caller: Caller, request: BatchRequest): Promise<readonly CostEstimate[]> {
    if (this.#sharing !== null) await this.#running();
    return await this.#batchStarter.estimate(caller, request);
  }

  cancelBatch(id: string): Promise<void> {
    return this.#batchControl.cancel(id);
  }

  /** Cancels and removes all transfers of a batch, and answers their ids. */
  removeBatch(id: string): Promise<readonly string[]> {
    return this.#batchControl.remove(id);
  }

  /** Of all owners where `owner` is null. */
  listBatches(owner: Owner | null, page: PageRequest): Promise<Page<BatchRecord>> {
    return listNewest(this.batches, { owner }, page, () => this.batches.count(owner));
  }

  async batchProgress(batch: BatchRecord, request: BatchProgressRequest): Promise<AsyncIterableIterator<BatchItem>> {
    return await BatchStream.open(this.#watching, batch, await this.batches.transfers(batch.id), request);
  }

  async lossHistory(id: string, points: number): Promise<readonly LossPoint[]> {
    return await this.#ports.store.lossHistory(id, checkNumber("points", LIMITS.points, points));
  }

  frame(id: string, step: number | null): Promise<FrameHandle | null> {
    return step === null ? this.#frames.newest(id) : this.#frames.at(id, step);
  }

  async frames(id: string, page: PageRequest): Promise<Page<FrameHandle>> {
    return pageOf(await this.#frames.all(id), (frame) => frame.step, page);
  }

  queuePosition(id: string): Promise<number | null> {
    return this.#ports.queue.position(id);
  }

  async etaSeconds(transfer: TransferRecord): Promise<number | null> {
    // On other servers what runs tells what steps take; a look serves all who ask within a second.
    if (this.#sharing !== null && transfer.status === "QUEUED") await this.#queueForecast.secondsAhead(transfer.id);
    const own = this.#forecast.remaining(transfer);
    if (own === null || transfer.status !== "QUEUED") return own;
    return await this.#queueForecast.secondsAhead(transfer.id) / this.#fleet.size + own;
  }

  async estimate(caller: Caller, request: StartRequest): Promise<CostEstimate> {
    const options = await this.#starter.resolve(caller, request);
    if (this.#sharing !== null) await this.#running();
    return this.#forecast.estimate({ ...request, options });
  }

  shares(caller: Caller): Promise<readonly Share[]> {
    return this.#quotas.shares(caller);
  }

  engine(): Promise<EngineInfo> {
    return this.#fleet.engine();
  }

  recipe(record: TransferRecord): Promise<string> {
    return recipeOf(record, this.images);
  }

  samples(): Promise<readonly SampleRecord[]> {
    return this.images.samples();
  }

  async classify(image: ImageRecord): Promise<Float32Array> {
    return await this.#classifications.classify(() => this.images.read(image));
  }

  /**
   * Stops in good order: nothing more is claimed, what runs keeps a checkpoint after its present step and stays RUNNING,
   * to go on at the next start. Takes at most `milliseconds` and what it takes to end the engines. Reading still works.
   */
  async drain(milliseconds = 8000): Promise<void> {
    this.#journal.stop();
    // Beside one another: nothing that runs waits for a film to be given up before it is asked to stop.
    await Promise.all([this.renditions.stop(), this.#dispatcher.drain(milliseconds)]);
    await this.#sharing?.stop();
    await this.#fleet.stop();
    await this.#recovery.stop();
    await this.#retention.stop();
    await this.#deliverer.stop();
  }

  /** Deletes what is past its retention now, without waiting for the hour. */
  sweep(): Promise<void> {
    return this.#retention.sweep();
  }

  async vitals(): Promise<Vitals> {
    return {
      waiting: await this.#ports.queue.length(),
      running: this.#dispatcher.runningIds().length,
      engines: this.#ports.engines.length,
      watchers: this.#ports.bus.watchers,
      storageWritable: this.#journal.storageFailure === null,
    };
  }

  /** What is on an engine, on whichever server; there it tells what steps take. */
  async #running(): Promise<Running> {
    if (this.#sharing === null) {
      const ids = this.#dispatcher.runningIds();
      return { ids, count: ids.length };
    }
    const { store } = this.#ports;
    const query = { owner: null, statuses: ["RUNNING"], olderThan: null, newerThan: null, take: "newest" } as const;
    const looked = await store.list({ ...query, limit: MOST_LOOKED_AT });
    for (const { record } of looked) this.#forecast.observe(record);
    const ids = looked.map(({ record }) => record.id);
    return { ids, count: ids.length < MOST_LOOKED_AT ? ids.length : await store.count(null, ["RUNNING"]) };
  }

  /** @throws {GramcastError} NOT_FOUND */
  async #record(id: string): Promise<TransferRecord> {
    const record = await this.get(id);
    if (record === null) throw new GramcastError("NOT_FOUND", `Cannot find transfer ${quoted(id)}`, { field: "id" });
    return record;
  }
}
