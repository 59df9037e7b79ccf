import type { LossPoint } from "../../engine/objective/losses.ts";
import type { Retuning } from "../../engine/options/options.ts";
import { framesIn } from "../../engine/options/moving_schedule.ts";
import { GramcastError } from "../../errors.ts";
import type { MovingFormat } from "../../images/written_format.ts";
import type {
  Batches,
  CostEstimate,
  EnlargeRequest,
  FrameHandle,
  ImageIntake,
  ImageLibrary,
  ListRequest,
  Page,
  PageRequest,
  ProgressItem,
  ProgressRequest,
  Started,
  StartRequest,
  Transfers,
  Webhooks,
} from "../api.ts";
import type { AuditedAction, Recorder } from "../audit.ts";
import {
  type Caller,
  checkIsAdmin,
  checkMayChange,
  mayChange,
  maySeeImage,
  maySeeTransfer,
  NOBODY,
} from "../caller.ts";
import type { Share } from "../quotas.ts";
import { pageOf } from "../storage/paging.ts";
import { type ImageRecord, imagesOf, type TransferRecord } from "../types.ts";
import { CallerBatches } from "./caller_batches.ts";
import { CallerWebhooks } from "./caller_webhooks.ts";
import type { TransferService } from "./service.ts";
import { quoted } from "../../values.ts";

/** The service as one caller sees it: whatever takes an id is held against the caller's rights here, and nowhere else. */
export class CallerTransfers implements Transfers {
  readonly images: ImageLibrary;
  readonly webhooks: Webhooks;
  readonly batches: Batches;
  readonly #service: TransferService;
  readonly #caller: Caller;
  readonly #record: Recorder;

  constructor(service: TransferService, caller: Caller, record: Recorder) {
    this.#service = service;
    this.#caller = caller;
    this.#record = record;
    const { images } = service;
    this.webhooks = new CallerWebhooks(service.webhooks, caller, record);
    this.batches = new CallerBatches(service, caller, record);
    this.images = {
      intake: () => this.#intake(),
      get: (id) => this.#image(id),
      find: (sha256) => images.find(this.#caller.owner, sha256),
      read: (image) => images.read(image),
      stream: (image) => images.stream(image),
      link: (image) => images.link(image),
      frames: (image) => images.frames(image),
      recipe: (image) => images.recipe(image),
      samples: () => images.samples(),
    };
  }

  async start(request: StartRequest): Promise<Started> {
    checkMayChange(this.#caller, "start a transfer");
    const started = await this.#service.start(this.#caller, request);
    await this.#record("start", started.transfer.id);
    return started;
  }

  async enlarge(id: string, request: EnlargeRequest): Promise<Started> {
    const find = () => this.own(id, "enlarge the transfer");
    // A key that is known answers before anybody looks for the painting.
    if (!mayChange(this.#caller)) await find();
    // Whoever deletes the painting now must not take the pictures along.
    await using intake = this.#intake();
    const started = await this.#service.enlarge(this.#caller, id, request, async () => {
      const painting = await find();
      for (const image of imagesOf(painting)) await intake.get(image);
      return painting;
    });
    await this.#record("start", started.transfer.id);
    return started;
  }

  async cancel(id: string): Promise<TransferRecord> {
    await this.own(id, "cancel the transfer");
    return await this.#recorded("cancel", await this.#service.cancel(id));
  }

  async resume(id: string, steps: number | null): Promise<TransferRecord> {
    await this.own(id, "resume the transfer");
    return await this.#recorded("resume", await this.#service.resume(this.#caller, id, steps));
  }

  async retune(id: string, retuning: Retuning): Promise<TransferRecord> {
    await this.own(id, "retune the transfer");
    return await this.#recorded("retune", await this.#service.retune(id, retuning));
  }

  async remove(id: string): Promise<void> {
    await this.own(id, "delete the transfer");
    await this.#service.remove(id);
    await this.#record("delete", id);
  }

  async get(id: string): Promise<TransferRecord | null> {
    const record = await this.#service.get(id);
    return record !== null && maySeeTransfer(this.#caller, record) ? record : null;
  }

  async own(id: string, what: string): Promise<TransferRecord> {
    const record = await this.#seen(id);
    checkMayChange(this.#caller, what);
    return record;
  }

  async list({ status = null, allOwners, ...page }: ListRequest): Promise<Page<TransferRecord>> {
    const { owner, follows } = this.#caller;
    if (allOwners) checkIsAdmin(this.#caller, "list the transfers of all owners");
    if (follows === null) return await this.#service.list(allOwners ? null : owner, page, status);
    const followed = await this.get(follows);
    const found = followed !== null && (status?.includes(followed.status) ?? true) ? [followed] : [];
    return pageOf(found, () => 0, page);
  }

  async progress(id: string, request: ProgressRequest): Promise<AsyncIterableIterator<ProgressItem>> {
    return await this.#service.progress(await this.#seen(id), request);
  }

  async lossHistory(id: string, points: number): Promise<readonly LossPoint[]> {
    await this.#seen(id);
    return await this.#service.lossHistory(id, points);
  }

  async frame(id: string, step: number | null): Promise<FrameHandle | null> {
    return await this.get(id) === null ? null : await this.#service.frame(id, step);
  }

  async frames(id: string, page: PageRequest): Promise<Page<FrameHandle>> {
    await this.#seen(id);
    return await this.#service.frames(id, page);
  }

  async queuePosition(id: string): Promise<number | null> {
    return await this.get(id) === null ? null : await this.#service.queuePosition(id);
  }

  async etaSeconds(transfer: TransferRecord): Promise<number | null> {
    return maySeeTransfer(this.#caller, transfer) ? await this.#service.etaSeconds(transfer) : null;
  }

  get movingFormats(): readonly MovingFormat[] {
    return this.#service.renditions.formats;
  }

  async movingResult(
    id: string,
    format: MovingFormat,
    signal: AbortSignal,
  ): Promise<ImageRecord | Uint8Array<ArrayBuffer> | null> {
    const record = await this.#moving(id);
    return record && await this.#service.renditions.of(record, format, signal);
  }

  async keptMovingResult(id: string, format: MovingFormat): Promise<ImageRecord | null> {
    const record = await this.#moving(id);
    return record && await this.#service.renditions.kept(record, format);
  }

  async recipe(id: string): Promise<string | null> {
    const record = await this.get(id);
    return record && await this.#service.recipe(record);
  }

  async estimate(request: StartRequest): Promise<CostEstimate> {
    checkMayChange(this.#caller, "estimate a transfer");
    return await this.#service.estimate(this.#caller, request);
  }

  async classify(imageId: string): Promise<Float32Array> {
    checkMayChange(this.#caller, "classify an image");
    const image = await this.#image(imageId);
    if (image === null) {
      throw new GramcastError("NOT_FOUND", `Cannot classify image ${quoted(imageId)}: found no such image`);
    }
    return await this.#service.classify(image);
  }

  async shares(): Promise<readonly Share[]> {
    return await this.#service.shares(this.#caller);
  }

  /** A transfer whose result moves. */
  async #moving(id: string): Promise<TransferRecord | null> {
    const record = await this.get(id);
    return record !== null && record.resultId !== null && framesIn(record.options) > 1 ? record : null;
  }

  #intake(): ImageIntake {
    checkMayChange(this.#caller, "take in an image");
    return this.#service.images.intake(this.#caller);
  }

  async #image(id: string): Promise<ImageRecord | null> {
    const image = await this.#service.images.get(id);
    if (image === null || !maySeeImage(this.#caller, image)) return null;
    const { follows } = this.#caller;
    if (follows === null || image.owner === NOBODY) return image;
    const followed = await this.get(follows);
    return followed !== null && imagesOf(followed).includes(id) ? image : null;
  }

  async #recorded(action: AuditedAction, transfer: TransferRecord): Promise<TransferRecord> {
    await this.#record(action, transfer.id);
    return transfer;
  }

  /** @throws {GramcastError} NOT_FOUND for one that the caller may not see, as for one that is not there. */
  async #seen(id: string): Promise<TransferRecord> {
    const record = await this.get(id);
    if (record === null) throw new GramcastError("NOT_FOUND", `Cannot find transfer ${quoted(id)}`, { field: "id" });
    return record;
  }
}
