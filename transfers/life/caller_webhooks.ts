import { GramcastError } from "../../errors.ts";
import type { DeliveryPageRequest, NewSecret, Page, PageRequest, Slice, WebhookRequest, Webhooks } from "../api.ts";
import type { Recorder } from "../audit.ts";
import { type Caller, checkMayChange, maySeeWebhook } from "../caller.ts";
import type { KeptWebhooks } from "../notices/kept_webhooks.ts";
import type { DeliveryRecord, WebhookRecord } from "../types.ts";
import { quoted } from "../../values.ts";

/** The webhooks as one caller sees them: whatever takes an id is held against the caller's rights here, and nowhere else. */
export class CallerWebhooks implements Webhooks {
  readonly #webhooks: KeptWebhooks;
  readonly #caller: Caller;
  readonly #record: Recorder;

  constructor(webhooks: KeptWebhooks, caller: Caller, record: Recorder) {
    this.#webhooks = webhooks;
    this.#caller = caller;
    this.#record = record;
  }

  check(request: WebhookRequest, prefix?: string): WebhookRequest {
    return this.#webhooks.check(request, prefix);
  }

  async create(request: WebhookRequest): Promise<NewSecret> {
    checkMayChange(this.#caller, "create a webhook");
    const created = await this.#webhooks.create(this.#caller.owner, request);
    await this.#record("create webhook", created.webhook.id);
    return created;
  }

  async get(id: string): Promise<WebhookRecord | null> {
    return this.#seen(await this.#webhooks.get(id));
  }

  async ofTransfer(transferId: string): Promise<WebhookRecord | null> {
    return this.#seen(await this.#webhooks.ofTransfer(transferId));
  }

  async list(page: PageRequest): Promise<Page<WebhookRecord>> {
    checkMayChange(this.#caller, "list webhooks");
    return await this.#webhooks.list(this.#caller.owner, page);
  }

  async rotate(id: string): Promise<NewSecret> {
    const rotated = await this.#webhooks.rotate(await this.#own(id, "change the secret of a webhook"));
    await this.#record("rotate webhook secret", id);
    return rotated;
  }

  async remove(id: string): Promise<void> {
    await this.#webhooks.remove(await this.#own(id, "delete a webhook"));
    await this.#record("delete webhook", id);
  }

  async deliveries(webhookId: string, page: DeliveryPageRequest): Promise<Slice<DeliveryRecord>> {
    await this.#own(webhookId, "list what a webhook is told");
    return await this.#webhooks.deliveries(webhookId, page);
  }

  async delivery(id: string): Promise<DeliveryRecord | null> {
    const delivery = await this.#webhooks.delivery(id);
    return delivery !== null && await this.get(delivery.webhookId) !== null ? delivery : null;
  }

  async replay(id: string): Promise<DeliveryRecord> {
    checkMayChange(this.#caller, "replay a delivery");
    const delivery = await this.delivery(id);
    if (delivery === null) throw new GramcastError("NOT_FOUND", `Cannot find delivery ${quoted(id)}`, { field: "id" });
    return await this.#webhooks.replay(delivery);
  }

  #seen(webhook: WebhookRecord | null): WebhookRecord | null {
    return webhook !== null && maySeeWebhook(this.#caller, webhook) ? webhook : null;
  }

  /** @throws {GramcastError} FORBIDDEN; NOT_FOUND for one that the caller may not see, as for one that is not there. */
  async #own(id: string, what: string): Promise<WebhookRecord> {
    checkMayChange(this.#caller, what);
    const webhook = await this.get(id);
    if (webhook === null) throw new GramcastError("NOT_FOUND", `Cannot find webhook ${quoted(id)}`, { field: "id" });
    return webhook;
  }
}
