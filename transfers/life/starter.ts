import { enlargedRequest } from "../../engine/options/enlarge.ts";
import { framesIn } from "../../engine/options/moving_schedule.ts";
import type { TransferOptions } from "../../engine/options/options.ts";
import { GramcastError } from "../../errors.ts";
import type { EnlargeRequest, Started, StartRequest } from "../api.ts";
import type { Caller, Role } from "../caller.ts";
import { KeyedTurns } from "../keyed_turns.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { extendOptions } from "../../engine/options/extend.ts";
import type { Forecast } from "./forecast.ts";
import type { KeptWebhooks } from "../notices/kept_webhooks.ts";
import { type Journal, statusChange, statusEvent } from "./journal.ts";
import type { TransferQueue, TransferStore } from "../storage/ports.ts";
import { newRecord } from "./new_record.ts";
import { oncePerKey } from "./once_per_key.ts";
import { OptionResolver, type ResolverPorts } from "./option_resolver.ts";
import type { Orders } from "./orders.ts";
import type { QueueAdmission } from "./queue_admission.ts";
import { checkSameRequest, checkStartRequest, fingerprintOf } from "./start_request.ts";
import { optional, quoted } from "../../values.ts";
import { hasEnded, type TransferRecord } from "../types.ts";

export interface StarterPorts extends ResolverPorts {
  readonly store: TransferStore;
  readonly queue: TransferQueue;
  readonly admission: QueueAdmission;
  readonly journal: Journal;
  readonly webhooks: KeptWebhooks;
  readonly dispatcher: Dispatcher;
  readonly forecast: Forecast;
  /** Null where no other server runs transfers. */
  readonly orders: Orders | null;
}

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
      if (framesIn(options) > 1) {
        throw new GramcastError(
          "CONFLICT",
          `Cannot enlarge the transfer: it has ${framesIn(options)} frames, wanted a picture that does not move`,
        );
      }
      if (status !== "SUCCEEDED" || resultId === null) {
        throw new GramcastError("CONFLICT", `Cannot enlarge the transfer: it is ${status}, wanted one that SUCCEEDED`);
      }
      const content = await new OptionResolver(this.#ports, caller).image("content", contentId);
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

  #once(
    { owner }: Caller,
    key: string | null,
    fingerprint: string,
    start: () => Promise<Started | null>,
  ): Promise<Started> {
    return oncePerKey(this.#turns, owner, key, {
      find: (owner, key) => this.#ports.store.findByKey(owner, key),
      again: (existing) => sameRequest(existing, fingerprint),
      start,
    });
  }

  /** Null where another server on the same store was faster with its key. */
  async #start(caller: Caller, request: StartRequest, fingerprint: string): Promise<Started | null> {
    const { store, journal, webhooks } = this.#ports;
    const { owner } = caller;
    const resolver = new OptionResolver(this.#ports, caller);
    const options = await resolver.resolve(request);
    this.#ports.forecast.refuseTooLarge({ ...request, options });
    await resolver.checkFrames(request, options);
    if (journal.storageFailure !== null) throw journal.storageFailure;
    const record = newRecord(caller, request, options, fingerprint, journal.now());
    const webhook = optional(request.webhook, (webhook) => webhooks.make(owner, webhook, record.id));
    const queued = await this.#ports.admission.enqueue({
      role: caller.role,
      transfers: [record],
      record: async ([trace]) => {
        const event = { ...statusEvent("QUEUED", record), at: record.createdAt };
        const made = await store.create({ ...record, ...trace }, event, webhook);
        return made.created ? made.record : null;
      },
    });
    return queued && { transfer: queued, webhookSecret: webhook?.secret ?? null };
  }

  /**
   * The options of a request, every image in it checked.
   *
   * @throws {GramcastError} NOT_FOUND, BAD_USER_INPUT, WEIGHTS_INCOMPLETE
   */
  async resolve(caller: Caller, request: StartRequest): Promise<TransferOptions> {
    return await new OptionResolver(this.#ports, caller).resolve(request);
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
    const queued = await this.#ports.admission.enqueue({
      role,
      transfers: [{ ...record, options }],
      prepare: () => this.#forgetLastRun(id),
      record: ([trace]) =>
        journal.append(id, {
          from: [record.status],
          ...statusChange("QUEUED", record, journal.now(), { options, failure: null, attempts: 0, admitted, ...trace }),
        }),
    });
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
  checkSameRequest("start the transfer", existing, fingerprint);
  return { transfer: existing, webhookSecret: null };
}
