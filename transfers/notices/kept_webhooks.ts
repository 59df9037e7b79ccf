import { GramcastError } from "../../errors.ts";
import { LIMITS, MAX_WEBHOOKS } from "../../limits.ts";
import { checkCount, checkText, invalid, quoted } from "../../values.ts";
import type { DeliveryPageRequest, NewSecret, Page, PageRequest, Slice, WebhookRequest } from "../api.ts";
import type { Clock } from "../clock.ts";
import { cursorOf, pageOf, pageRange } from "../storage/paging.ts";
import type { WebhookStore } from "../storage/ports.ts";
import { type DeliveryRecord, NOTICE_EVENTS, type Owner, type WebhookRecord } from "../types.ts";
import type { Receivers } from "./receivers.ts";
import { newSecret, ROTATION_MILLISECONDS } from "./signature.ts";

export interface KeptWebhooksPorts {
  readonly webhooks: WebhookStore;
  readonly receivers: Receivers;
  readonly clock: Clock;
  /** Says that there may be something to send. */
  readonly nudge: () => void;
}

/** The webhooks of all owners. Whoever calls has made sure that the caller may. */
export class KeptWebhooks {
  readonly #ports: KeptWebhooksPorts;

  constructor(ports: KeptWebhooksPorts) {
    this.#ports = ports;
  }

  /**
   * What is asked for as it will be kept: each event once.
   *
   * @param prefix Of the fields that errors name, as `webhook.`.
   * @throws {GramcastError} BAD_USER_INPUT
   */
  check({ url, events }: WebhookRequest, prefix = ""): WebhookRequest {
    checkText(`${prefix}url`, LIMITS.webhookUrl, url);
    const fault = this.#ports.receivers.faultOf(url);
    if (fault !== undefined) throw invalid(`${prefix}url`, `Cannot use ${prefix}url: ${fault}`);
    const wanted = NOTICE_EVENTS.filter((event) => events.includes(event));
    checkCount(`${prefix}events`, LIMITS.webhookEvents, wanted);
    return { url, events: wanted };
  }

  /** A webhook that is not kept yet. @param transferId The one transfer that it is told of; null for all. */
  make(owner: Owner, { url, events }: WebhookRequest, transferId: string | null): WebhookRecord {
    return {
      id: crypto.randomUUID(),
      owner,
      transferId,
      url,
      events,
      disabled: false,
      createdAt: this.#ports.clock.now(),
      secret: newSecret(),
      formerSecret: null,
    };
  }

  /** @throws {GramcastError} BAD_USER_INPUT; CONFLICT when the owner has as many as anybody may. */
  async create(owner: Owner, request: WebhookRequest): Promise<NewSecret> {
    const webhook = this.make(owner, this.check(request), null);
    if (await this.#ports.webhooks.add(webhook, MAX_WEBHOOKS)) return { webhook, secret: webhook.secret };
    throw new GramcastError(
      "CONFLICT",
      `Cannot create a webhook: found ${MAX_WEBHOOKS}, wanted fewer than ${MAX_WEBHOOKS}; delete one first`,
    );
  }

  get(id: string): Promise<WebhookRecord | null> {
    return this.#ports.webhooks.get(id);
  }

  ofTransfer(transferId: string): Promise<WebhookRecord | null> {
    return this.#ports.webhooks.ofTransfer(transferId);
  }

  /** Oldest first. @throws {GramcastError} BAD_USER_INPUT */
  async list(owner: Owner, page: PageRequest): Promise<Page<WebhookRecord>> {
    const places = new Map((await this.#ports.webhooks.list(owner)).map((webhook, place) => [webhook, place + 1]));
    return pageOf([...places.keys()], (webhook) => places.get(webhook)!, page);
  }

  async rotate({ id }: WebhookRecord): Promise<NewSecret> {
    const { webhooks, clock } = this.#ports;
    const secret = newSecret();
    const webhook = await webhooks.rotate(id, secret, clock.now() + ROTATION_MILLISECONDS);
    if (webhook === null) throw notFound("webhook", id);
    return { webhook, secret };
  }

  remove({ id }: WebhookRecord): Promise<void> {
    return this.#ports.webhooks.remove(id);
  }

  /** Newest first. @throws {GramcastError} BAD_USER_INPUT */
  async deliveries(webhookId: string, { first, after, failed }: DeliveryPageRequest): Promise<Slice<DeliveryRecord>> {
    const range = pageRange({ first, after });
    const { webhooks } = this.#ports;
    const query = { webhookId, failed: failed ?? false, olderThan: range.after, newerThan: null };
    // One more, to know whether there is one.
    const found = await webhooks.deliveries({ ...query, limit: range.limit + 1 });
    const shown = found.slice(0, range.limit);
    const newest = shown[0]?.ordinal ?? null;
    const newer = newest === null
      ? []
      : await webhooks.deliveries({ ...query, olderThan: null, newerThan: newest, limit: 1 });
    return {
      edges: shown.map(({ ordinal, delivery }) => ({ cursor: cursorOf(ordinal), node: delivery })),
      hasNextPage: found.length > range.limit,
      hasPreviousPage: newer.length > 0,
    };
  }

  delivery(id: string): Promise<DeliveryRecord | null> {
    return this.#ports.webhooks.delivery(id);
  }

  /** Has a delivery made anew. @throws {GramcastError} CONFLICT when its receiver has ended the webhook; NOT_FOUND */
  async replay({ id, webhookId }: DeliveryRecord): Promise<DeliveryRecord> {
    const { webhooks, clock, nudge } = this.#ports;
    if ((await webhooks.get(webhookId))?.disabled) {
      throw new GramcastError(
        "CONFLICT",
        "Cannot replay the delivery: its receiver has ended the webhook by 410, wanted one that is not disabled",
      );
    }
    const replayed = await webhooks.replay(id, clock.now());
    if (replayed === null) throw notFound("delivery", id);
    nudge();
    return replayed;
  }
}

function notFound(what: string, id: string): GramcastError {
  return new GramcastError("NOT_FOUND", `Cannot find ${what} ${quoted(id)}`, { field: "id" });
}
