import { checkLayers } from "../../engine/options/check_layers.ts";
import { enlargedRequest } from "../../engine/options/enlarge.ts";
import { resolveOptions } from "../../engine/options/resolve.ts";
import type { TransferOptions } from "../../engine/options/options.ts";
import { GramcastError } from "../../errors.ts";
import { mapPictures } from "../../images/pictures.ts";
import type { EnlargeRequest, Started, StartRequest } from "../api.ts";
import { type Caller, maySeeImage, type Role } from "../caller.ts";
import { KeyedTurns } from "../keyed_turns.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { extendOptions } from "../../engine/options/extend.ts";
import type { Forecast } from "./forecast.ts";
import type { KeptImages } from "./image_library.ts";
import type { KeptWebhooks } from "../notices/kept_webhooks.ts";
import { type Journal, statusChange, statusEvent } from "./journal.ts";
import type { TransferQueue, TransferStore } from "../storage/ports.ts";
import type { Orders } from "./orders.ts";
import type { QuotaBook } from "./quota_book.ts";
import { checkRegions } from "./regions.ts";
import { checkStartRequest, fingerprintOf } from "./start_request.ts";
import { optional, quoted } from "../../values.ts";
import { hasEnded, type ImageRecord, NOT_STARTED, picturesOf, type TransferRecord } from "../types.ts";

export interface StarterPorts {
  readonly store: TransferStore;
  readonly queue: TransferQueue;
  readonly journal: Journal;
  readonly images: KeptImages;
  readonly webhooks: KeptWebhooks;
  readonly dispatcher: Dispatcher;
  readonly forecast: Forecast;
  readonly quotas: QuotaBook;
  /** Null where no other server runs transfers. */
  readonly orders: Orders | null;
  /** Transfers that may wait, of all owners. */
  readonly maxQueued: number;
  /** Names of the layers that the weights in force have. */
  readonly layers: () => ReadonlySet<string>;
}

/** The trace of a queued transfer, as its record has it. */
type Trace = Pick<TransferRecord, "traceparent">;

/** Admits transfers to the queue: new ones, and ended ones that are resumed. */
export class Starter {
  readonly #ports: StarterPorts;
  /** Calls under way for an idempotency key of an owner, or for a transfer that is resumed. */
  readonly #turns = new KeyedTurns();

  constructor(ports: StarterPorts) {
    this.#ports = ports;
  }

  async start(caller: Caller, given: StartRequest): Promise<Started> {
    const request = this.#checked(given);
    const fingerprint = await fingerprintOf(request);
    return await this.#once(
      caller,
      request.idempotencyKey,
      fingerprint,
      () => this.#start(caller, request, fingerprint),
    );
  }

  /**
   * Starts a transfer that paints a finished one larger.
   *
   * @param id Of the painting. A key that was used for it before is answered whatever has become of it.
   * @param find Answers the painting.
   * @throws {GramcastError} CONFLICT for one that has not succeeded, and what `find` and `start` throw.
   */
  async enlarge(
    caller: Caller,
    id: string,
    request: EnlargeRequest,
    find: () => Promise<TransferRecord>,
  ): Promise<Started> {
    const { fit, steps, idempotencyKey } = request;
    const fingerprint = await fingerprintOf({ enlarge: id, ...request });
    return await this.#once(caller, idempotencyKey, fingerprint, async () => {
      const { status, resultId, options, contentId, styles, contentMaskId, priority } = await find();
      if (status !== "SUCCEEDED" || resultId === null) {
        throw new GramcastError("CONFLICT", `Cannot enlarge the transfer: it is ${status}, wanted one that SUCCEEDED`);
      }
      const content = await this.#image(caller, "content", contentId);
      const enlarged = this.#checked({
        ...enlargedRequest(options, fit, content, steps),
        contentId,
        styles,
        contentMaskId,
        initImageId: resultId,
        priority,
        idempotencyKey,
        enlargedFromId: id,
      });
      return await this.#start(caller, enlarged, fingerprint);
    });
  }

  #checked(given: StartRequest): StartRequest {
    checkStartRequest(given, given.styles, given.initImageId !== null);
    const webhook = optional(given.webhook, (webhook) => this.#ports.webhooks.check(webhook, "webhook."));
    return { ...given, webhook };
  }

  /** What was started by the key before, or what `start` starts. */
  async #once(
    { owner }: Caller,
    key: string | null,
    fingerprint: string,
    start: () => Promise<Started>,
  ): Promise<Started> {
    if (key === null) return await start();
    return await this.#turns.take(JSON.stringify([owner, key]), async () => {
      const existing = await this.#ports.store.findByKey(owner, key);
      return existing === null ? await start() : sameRequest(existing, fingerprint);
    });
  }

  async #start(caller: Caller, request: StartRequest, fingerprint: string): Promise<Started> {
    const { store, journal, webhooks } = this.#ports;
    const { owner } = caller;
    const options = await this.resolve(caller, request);
    this.#ports.forecast.refuseTooLarge({ ...request, options });
    if (journal.storageFailure !== null) throw journal.storageFailure;
    const record = newRecord(caller, request, options, fingerprint, journal.now());
    const webhook = optional(request.webhook, (webhook) => webhooks.make(owner, webhook, record.id));
    const queued = await this.#enqueue(caller.role, record, () => Promise.resolve(), async (trace) => {
      const made = await store.create({ ...record, ...trace }, {
        ...statusEvent("QUEUED", record),
        at: record.createdAt,
      }, webhook);
      return made.created ? made.record : null;
    });
    if (queued !== null) return { transfer: queued, webhookSecret: webhook?.secret ?? null };
    // Another server on the same store was faster.
    return sameRequest((await store.findByKey(owner, request.idempotencyKey!))!, fingerprint);
  }

  /**
   * Takes a place in the queue, has the transfer recorded, and lets it be claimed. What is recorded is accepted: a storage
   * that cannot be written from then on delays it and no more.
   *
   * @param role Of who asks.
   * @param asked The transfer as it is to be.
   * @param prepare Called when it is its owner's turn.
   * @param record Answers null when it is not to be queued after all.
   * @throws {GramcastError} QUEUE_FULL, QUOTA_EXCEEDED
   */
  async #enqueue(
    role: Role,
    asked: TransferRecord,
    prepare: () => Promise<void>,
    record: (trace: Trace) => Promise<TransferRecord | null>,
  ): Promise<TransferRecord | null> {
    const { queue, journal, dispatcher, quotas } = this.#ports;
    const { id, traceparent: before } = asked;
    const traceparent = journal.observer.queued(id, before ?? null);
    let recorded: TransferRecord | null = null;
    try {
      recorded = await quotas.inTurn(
        asked.owner,
        async () => {
          await prepare();
          return await this.#admit(role, asked, () => record(traceparent === null ? {} : { traceparent }));
        },
      );
    } finally {
      if (recorded === null) journal.observer.refused(id);
    }
    if (recorded === null) return null;
    await journal.patiently(() => queue.confirm(id));
    dispatcher.nudge();
    return recorded;
  }

  async #admit(
    role: Role,
    asked: TransferRecord,
    record: () => Promise<TransferRecord | null>,
  ): Promise<TransferRecord | null> {
    const { queue, journal, forecast, quotas, maxQueued } = this.#ports;
    const { id, owner, priority, options, step } = asked;
    await quotas.checkStart(role, asked);
    const entry = { id, owner, priority, role, needs: forecast.needs(asked) };
    await queue.reserve(entry, { total: maxQueued, perOwner: quotas.mostWaiting(role) });
    const at = journal.now();
    let charged = false;
    let recorded: TransferRecord | null = null;
    try {
      await quotas.charge(owner, options, step, at);
      charged = true;
      recorded = await record();
    } finally {
      if (recorded === null) {
        await queue.settle(id).catch(() => {});
        if (charged) await quotas.charge(owner, options, step, at, -1).catch(() => {});
      }
    }
    return recorded;
  }

  /**
   * The options of a request, every image in it checked.
   *
   * @throws {GramcastError} NOT_FOUND, BAD_USER_INPUT, WEIGHTS_INCOMPLETE
   */
  async resolve(caller: Caller, request: StartRequest): Promise<TransferOptions> {
    const { content } = await mapPictures(picturesOf(request), (id, field) => this.#image(caller, field, id));
    const options = resolveOptions(request, content, drawSeed());
    checkLayers(options, this.#ports.layers());
    await checkRegions(request, options, (id) => this.#ports.images.readById(id));
    return options;
  }

  async #image(caller: Caller, field: string, id: string): Promise<ImageRecord> {
    const image = await this.#ports.images.get(id);
    if (image !== null && maySeeImage(caller, image)) return image;
    throw new GramcastError(
      "NOT_FOUND",
      `Cannot use ${field} ${quoted(id)}: found no such image, wanted the id of one`,
      {
        field,
      },
    );
  }

  /** Queues an ended transfer again, to continue from its last checkpoint. */
  resume({ role }: Caller, id: string, steps: number | null): Promise<TransferRecord> {
    return this.#turns.take(id, () => this.#resume(role, id, steps));
  }

  async #resume(role: Role, id: string, steps: number | null): Promise<TransferRecord> {
    const { store, journal, dispatcher } = this.#ports;
    const record = await store.get(id);
    if (record === null) throw new GramcastError("NOT_FOUND", `Cannot find transfer ${quoted(id)}`);
    checkHasEnded(record);
    const options = extendOptions(record.options, record.step, steps);
    this.#ports.forecast.refuseTooLarge({ ...record, options });
    // Its engine may still be letting go of it.
    await dispatcher.running(id)?.done;
    const admitted = { at: journal.now(), role };
    const queued = await this.#enqueue(
      role,
      { ...record, options },
      () => this.#forgetLastRun(id),
      (trace) =>
        journal.append(id, {
          from: [record.status],
          ...statusChange("QUEUED", record, journal.now(), { options, failure: null, attempts: 0, admitted, ...trace }),
        }),
    );
    if (queued === null) {
      throw new GramcastError("NOT_FOUND", `Cannot resume transfer ${quoted(id)}: it has been deleted`);
    }
    return queued;
  }

  /** Of a transfer that has ended on another server: its worker may not have settled it yet, or is there no more. */
  async #forgetLastRun(id: string): Promise<void> {
    const { store, queue, orders } = this.#ports;
    if (orders === null) return;
    const record = await store.get(id);
    // Somebody else may have resumed it.
    if (record !== null) checkHasEnded(record);
    await orders.withdrawAll(id);
    await queue.settle(id);
  }
}

function checkHasEnded({ status }: TransferRecord): void {
  if (hasEnded(status)) return;
  throw new GramcastError("CONFLICT", `Cannot resume the transfer: it is ${status}, wanted an ended one`);
}

function sameRequest(existing: TransferRecord, fingerprint: string): Started {
  if (existing.fingerprint === fingerprint) return { transfer: existing, webhookSecret: null };
  throw new GramcastError(
    "CONFLICT",
    `Cannot start the transfer: idempotencyKey "${existing.idempotencyKey}" was used with other input, wanted a new key`,
    { field: "idempotencyKey" },
  );
}

function newRecord(
  { owner, role }: Caller,
  request: StartRequest,
  options: TransferOptions,
  fingerprint: string,
  createdAt: number,
): TransferRecord {
  return {
    id: crypto.randomUUID(),
    owner,
    status: "QUEUED",
    options,
    contentId: request.contentId,
    styles: request.styles.map(({ imageId, weight, scale = 1, maskId, regionId = null }) => ({
      imageId,
      weight,
      ...(scale === 1 ? {} : { scale }),
      maskId,
      regionId,
    })),
    contentMaskId: request.contentMaskId,
    initImageId: request.initImageId,
    priority: request.priority,
    idempotencyKey: request.idempotencyKey,
    fingerprint,
    createdAt,
    admitted: { at: createdAt, role },
    ...(request.enlargedFromId === undefined ? {} : { enlargedFromId: request.enlargedFromId }),
    ...NOT_STARTED,
  };
}

/** Of all seeds those that are not negative: they read better, and 2³¹ of them are enough. */
function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1;
}
