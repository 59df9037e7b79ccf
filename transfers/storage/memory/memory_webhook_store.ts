// The port answers with promises and memory at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import { noticeOf } from "../notice_of.ts";
import {
  type Attempt,
  type Busy,
  DELIVERIES_KEPT,
  type DeliveryQuery,
  type ListedDelivery,
  type NewNotice,
  type Waiting,
  type WebhookStore,
} from "../ports.ts";
import type { DeliveryRecord, Owner, TransferRecord, WebhookRecord } from "../../types.ts";

interface KeptWebhook {
  record: WebhookRecord;
  heldUntil: number;
  /** Oldest first. */
  deliveries: KeptDelivery[];
  /** By transfer: those that have something that waits. */
  readonly lanes: Map<string, Lane>;
}

interface Lane {
  readonly lane: number;
  dueAt: number;
  /** When that was said. */
  setAt: number;
}

interface KeptDelivery {
  readonly ordinal: number;
  record: Omit<DeliveryRecord, "nextAttemptAt">;
  waits: boolean;
  tries: number;
}

/** Webhooks and their outbox in the memory of one process; forgotten at exit. */
export class MemoryWebhookStore implements WebhookStore {
  readonly #webhooks = new Map<string, KeptWebhook>();
  #ordinal = 0;
  #lane = 0;

  /** For the store of the transfers: adds one without a limit. */
  put(record: WebhookRecord): void {
    this.#webhooks.set(record.id, { record, heldUntil: 0, deliveries: [], lanes: new Map() });
  }

  /** For the store of the transfers: adds a notice for every webhook that wants it. */
  tell(transfer: TransferRecord, notice: NewNotice): void {
    const { event, at } = notice;
    for (const webhook of this.#webhooks.values()) {
      const { id, owner, transferId, events, disabled } = webhook.record;
      const concerned = transferId === null ? owner === transfer.owner : transferId === transfer.id;
      if (!concerned || disabled || !events.includes(event)) continue;
      const waiting = waitingOf(webhook, transfer.id);
      if (event === "PROGRESS" && waiting.some(({ record }) => record.notice.event === event)) continue;
      webhook.deliveries.push({
        ordinal: ++this.#ordinal,
        record: {
          id: crypto.randomUUID(),
          webhookId: id,
          transferId: transfer.id,
          notice: noticeOf(transfer, notice),
          attempts: 0,
          deliveredAt: null,
          lastStatus: null,
          lastError: null,
        },
        waits: true,
        tries: 0,
      });
      this.#open(webhook, transfer.id, at);
    }
  }

  /** For the store of the transfers: removes what is of one of them. */
  forgetTransfer(id: string): void {
    for (const [key, webhook] of this.#webhooks) {
      if (webhook.record.transferId === id) this.#webhooks.delete(key);
      webhook.deliveries = webhook.deliveries.filter(({ record }) => record.transferId !== id);
      webhook.lanes.delete(id);
    }
  }

  async add(webhook: WebhookRecord, most: number): Promise<boolean> {
    const room = this.#of(webhook.owner).length < most;
    if (room) this.put(webhook);
    return room;
  }

  async get(id: string): Promise<WebhookRecord | null> {
    return this.#webhooks.get(id)?.record ?? null;
  }

  async ofTransfer(transferId: string): Promise<WebhookRecord | null> {
    const found = this.#webhooks.values().find(({ record }) => record.transferId === transferId);
    return found?.record ?? null;
  }

  async list(owner: Owner): Promise<readonly WebhookRecord[]> {
    return this.#of(owner);
  }

  #of(owner: Owner): WebhookRecord[] {
    return this.#webhooks.values().map(({ record }) => record)
      .filter((record) => record.owner === owner && record.transferId === null).toArray();
  }

  async rotate(id: string, secret: string, until: number): Promise<WebhookRecord | null> {
    const webhook = this.#webhooks.get(id);
    if (webhook === undefined) return null;
    const { secret: former } = webhook.record;
    webhook.record = { ...webhook.record, secret, formerSecret: { secret: former, until } };
    return webhook.record;
  }

  async remove(id: string): Promise<void> {
    this.#webhooks.delete(id);
  }

  async deliveries(query: DeliveryQuery): Promise<readonly ListedDelivery[]> {
    const { webhookId, failed, olderThan, newerThan, limit } = query;
    const webhook = this.#webhooks.get(webhookId);
    if (webhook === undefined) return [];
    const found = webhook.deliveries
      .filter(({ ordinal }) => ordinal < (olderThan ?? Infinity) && ordinal > (newerThan ?? 0))
      .filter(({ record }) => !failed || (record.deliveredAt === null && record.attempts > 0));
    return found.reverse().slice(0, limit)
      .map((delivery) => ({ ordinal: delivery.ordinal, delivery: shown(webhook, delivery) }));
  }

  async delivery(id: string): Promise<DeliveryRecord | null> {
    const found = this.#find(id);
    return found === null ? null : shown(found.webhook, found.delivery);
  }

  async next({ lanes, hosts }: Busy): Promise<Waiting | null> {
    const waiting = this.#webhooks.values().flatMap((webhook) =>
      webhook.lanes.entries().map(([transferId, { lane, dueAt }]) => ({ webhook, transferId, lane, dueAt }))
    ).filter(({ webhook, lane }) => !lanes.includes(lane) && !hosts.includes(new URL(webhook.record.url).host))
      .toArray().sort((a, b) => a.dueAt - b.dueAt || a.lane - b.lane);
    const [first] = waiting;
    if (first === undefined) return null;
    const { webhook, transferId, lane, dueAt } = first;
    const delivery = waitingOf(webhook, transferId)[0]!;
    return {
      lane,
      delivery: shown(webhook, delivery),
      webhook: webhook.record,
      tries: delivery.tries,
      dueAt,
    };
  }

  async latest(): Promise<number> {
    const times = this.#webhooks.values().flatMap(({ lanes }) => lanes.values()).map(({ setAt }) => setAt);
    return Math.max(0, ...times);
  }

  async record(deliveryId: string, { at, status, error, outcome }: Attempt): Promise<void> {
    const found = this.#find(deliveryId);
    if (found === null || !found.delivery.waits) return;
    const { webhook, delivery } = found;
    const { transferId } = delivery.record;
    const first = waitingOf(webhook, transferId)[0] === delivery;
    delivery.record = {
      ...delivery.record,
      attempts: delivery.record.attempts + 1,
      lastStatus: status,
      lastError: error,
      deliveredAt: outcome.kind === "DELIVERED" ? at : null,
    };
    delivery.tries++;
    delivery.waits = outcome.kind === "RETRY";
    const lane = webhook.lanes.get(transferId)!;
    if (outcome.kind === "GONE") {
      webhook.record = { ...webhook.record, disabled: true };
      webhook.lanes.clear();
      for (const each of webhook.deliveries) each.waits = false;
    } else if (outcome.kind === "RETRY") {
      // An earlier one that was replayed meanwhile keeps its own time.
      if (first) Object.assign(lane, { dueAt: outcome.dueAt, setAt: at });
      webhook.heldUntil = outcome.heldUntil ?? webhook.heldUntil;
      if (outcome.heldUntil !== null) {
        for (const each of webhook.lanes.values()) each.dueAt = Math.max(each.dueAt, outcome.heldUntil);
      }
    } else {
      if (waitingOf(webhook, transferId).length === 0) webhook.lanes.delete(transferId);
      else Object.assign(lane, { dueAt: Math.max(at, webhook.heldUntil), setAt: at });
      const kept = webhook.deliveries.slice(-DELIVERIES_KEPT);
      const older = webhook.deliveries.slice(0, -DELIVERIES_KEPT);
      webhook.deliveries = [...older.filter(({ waits }) => waits), ...kept];
    }
  }

  async replay(id: string, now: number): Promise<DeliveryRecord | null> {
    const found = this.#find(id);
    if (found === null) return null;
    const { webhook, delivery } = found;
    delivery.record = { ...delivery.record, deliveredAt: null };
    delivery.waits = true;
    delivery.tries = 0;
    const lane = this.#open(webhook, delivery.record.transferId, now);
    lane.dueAt = Math.min(lane.dueAt, Math.max(now, webhook.heldUntil));
    return shown(webhook, delivery);
  }

  async sweep(before: number): Promise<void> {
    for (const webhook of this.#webhooks.values()) {
      webhook.deliveries = webhook.deliveries.filter(({ waits, record }) => waits || record.notice.at >= before);
    }
  }

  /** The lane of a transfer; a new one is due at a time. */
  #open(webhook: KeptWebhook, transferId: string, at: number): Lane {
    const lane = webhook.lanes.get(transferId) ??
      { lane: ++this.#lane, dueAt: Math.max(at, webhook.heldUntil), setAt: at };
    webhook.lanes.set(transferId, lane);
    return lane;
  }

  #find(id: string): { readonly webhook: KeptWebhook; readonly delivery: KeptDelivery } | null {
    for (const webhook of this.#webhooks.values()) {
      const delivery = webhook.deliveries.find(({ record }) => record.id === id);
      if (delivery !== undefined) return { webhook, delivery };
    }
    return null;
  }
}

/** What waits for a transfer, in order. */
function waitingOf({ deliveries }: KeptWebhook, transferId: string): KeptDelivery[] {
  return deliveries.filter(({ record, waits }) => waits && record.transferId === transferId);
}

function shown({ lanes }: KeptWebhook, { record, waits }: KeptDelivery): DeliveryRecord {
  return { ...record, nextAttemptAt: waits ? lanes.get(record.transferId)!.dueAt : null };
}
