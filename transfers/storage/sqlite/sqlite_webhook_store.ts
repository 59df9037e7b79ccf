// The port answers with promises and SQLite at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import {
  type Attempt,
  type Busy,
  DELIVERIES_KEPT,
  type DeliveryQuery,
  type ListedDelivery,
  type Waiting,
  type WebhookStore,
} from "../ports.ts";
import type { DeliveryRecord, Notice, NoticeEvent, Owner, WebhookRecord } from "../../types.ts";
import type { Database } from "./database.ts";
import { Outbox } from "./outbox.ts";
import { parseStored } from "./storage_error.ts";

/** Webhooks and their outbox in the database of the transfers. */
export class SqliteWebhookStore implements WebhookStore {
  readonly #database: Database;
  readonly #outbox: Outbox;
  /** Ordinal up to which all deliveries are known to be on the disk. */
  #durable = 0;

  constructor(database: Database) {
    this.#database = database;
    this.#outbox = new Outbox(database);
  }

  async add(webhook: WebhookRecord, most: number): Promise<boolean> {
    const added = await this.#database.transaction(() => {
      const { count } = this.#database.first<{ count: number }>(
        "SELECT count(*) AS count FROM webhooks WHERE owner = ? AND transfer IS NULL",
        webhook.owner,
      )!;
      if (count >= most) return false;
      this.#outbox.addWebhook(webhook, null);
      return true;
    });
    await this.#database.flush();
    return added;
  }

  async get(id: string): Promise<WebhookRecord | null> {
    return this.#webhook(id);
  }

  async ofTransfer(transferId: string): Promise<WebhookRecord | null> {
    const row = this.#database.first<WebhookRow>(`${SELECT_WEBHOOK} WHERE transfers.id = ?`, transferId);
    return row === undefined ? null : webhookOf(row);
  }

  async list(owner: Owner): Promise<readonly WebhookRecord[]> {
    return this.#database.all<WebhookRow>(
      `${SELECT_WEBHOOK} WHERE webhooks.owner = ? AND transfer IS NULL ORDER BY webhooks.ordinal`,
      owner,
    ).map(webhookOf);
  }

  async rotate(id: string, secret: string, until: number): Promise<WebhookRecord | null> {
    await this.#database.transaction(() =>
      this.#database.run(
        "UPDATE webhooks SET former_secret = secret, former_until = ?, secret = ? WHERE id = ?",
        until,
        secret,
        id,
      )
    );
    await this.#database.flush();
    return this.#webhook(id);
  }

  async remove(id: string): Promise<void> {
    await this.#database.transaction(() => this.#database.run("DELETE FROM webhooks WHERE id = ?", id));
    await this.#database.flush();
  }

  async deliveries(query: DeliveryQuery): Promise<readonly ListedDelivery[]> {
    const { webhookId, failed, olderThan, newerThan, limit } = query;
    return this.#database.all<DeliveryRow>(
      `${SELECT_DELIVERY}
        WHERE deliveries.webhook = (SELECT ordinal FROM webhooks WHERE id = ?1)
          AND deliveries.ordinal < ?2 AND deliveries.ordinal > ?3
          AND (?4 = 0 OR (delivered_at IS NULL AND attempts > 0))
        ORDER BY deliveries.ordinal DESC LIMIT ?5`,
      webhookId,
      olderThan ?? Number.MAX_SAFE_INTEGER,
      newerThan ?? 0,
      Number(failed),
      limit,
    ).map((row) => ({ ordinal: row.ordinal, delivery: deliveryOf(row) }));
  }

  async delivery(id: string): Promise<DeliveryRecord | null> {
    const row = this.#delivery(id);
    return row === undefined ? null : deliveryOf(row);
  }

  async next({ lanes, hosts }: Busy): Promise<Waiting | null> {
    const lane = this.#database.first<{ lane: number; webhook: number; transfer: number }>(
      `SELECT lane, webhook, lanes.transfer FROM lanes JOIN webhooks ON webhooks.ordinal = webhook
        WHERE lane NOT IN (SELECT value FROM json_each(?)) AND host NOT IN (SELECT value FROM json_each(?))
        ORDER BY due_at, lane LIMIT 1`,
      JSON.stringify(lanes),
      JSON.stringify(hosts),
    );
    if (lane === undefined) return null;
    const row = this.#database.first<DeliveryRow>(
      `${SELECT_DELIVERY} WHERE deliveries.webhook = ? AND deliveries.transfer = ? AND waits = 1
        ORDER BY deliveries.ordinal LIMIT 1`,
      lane.webhook,
      lane.transfer,
    )!;
    const webhook = this.#webhook(row.webhook_id)!;
    // What a receiver has been told must not be taken back by a power cut.
    if (row.ordinal > this.#durable) {
      const newest = this.#database.first<{ ordinal: number }>("SELECT max(ordinal) AS ordinal FROM deliveries")!;
      if (await this.#database.flush()) this.#durable = newest.ordinal;
    }
    return { lane: lane.lane, delivery: deliveryOf(row), webhook, tries: row.tries, dueAt: row.due_at! };
  }

  async latest(): Promise<number> {
    return this.#database.first<{ at: number | null }>("SELECT max(set_at) AS at FROM lanes")!.at ?? 0;
  }

  async record(deliveryId: string, { at, status, error, outcome }: Attempt): Promise<void> {
    await this.#database.transaction(() => {
      const row = this.#delivery(deliveryId);
      if (row === undefined || row.due_at === null) return;
      this.#database.run(
        `UPDATE deliveries SET attempts = attempts + 1, tries = tries + 1, last_status = ?, last_error = ?,
           delivered_at = ?, waits = ? WHERE ordinal = ?`,
        status,
        error,
        outcome.kind === "DELIVERED" ? at : null,
        Number(outcome.kind === "RETRY"),
        row.ordinal,
      );
      if (outcome.kind === "RETRY") return this.#retry(row, at, outcome.dueAt, outcome.heldUntil);
      if (outcome.kind === "GONE") return this.#disable(row.webhook);
      this.#goOn(row, at);
      this.#forgetOld(row.webhook);
    });
  }

  #retry({ ordinal, webhook, transfer }: DeliveryRow, at: number, dueAt: number, heldUntil: number | null): void {
    // An earlier one that was replayed meanwhile keeps its own time.
    if (this.#first(webhook, transfer) === ordinal) {
      this.#database.run(
        "UPDATE lanes SET due_at = ?, set_at = ? WHERE webhook = ? AND transfer = ?",
        dueAt,
        at,
        webhook,
        transfer,
      );
    }
    if (heldUntil === null) return;
    this.#database.run("UPDATE webhooks SET held_until = ? WHERE ordinal = ?", heldUntil, webhook);
    this.#database.run("UPDATE lanes SET due_at = max(due_at, ?) WHERE webhook = ?", heldUntil, webhook);
  }

  #disable(webhook: number): void {
    this.#database.run("UPDATE webhooks SET disabled = 1 WHERE ordinal = ?", webhook);
    this.#database.run("UPDATE deliveries SET waits = 0 WHERE webhook = ? AND waits = 1", webhook);
    this.#database.run("DELETE FROM lanes WHERE webhook = ?", webhook);
  }

  /** Has what comes after a settled delivery come now. */
  #goOn({ webhook, transfer }: DeliveryRow, now: number): void {
    if (this.#first(webhook, transfer) === null) {
      this.#database.run("DELETE FROM lanes WHERE webhook = ? AND transfer = ?", webhook, transfer);
      return;
    }
    this.#database.run(
      `UPDATE lanes SET due_at = max(?3, (SELECT held_until FROM webhooks WHERE ordinal = ?1)), set_at = ?3
        WHERE webhook = ?1 AND transfer = ?2`,
      webhook,
      transfer,
      now,
    );
  }

  #forgetOld(webhook: number): void {
    this.#database.run(
      `DELETE FROM deliveries WHERE webhook = ?1 AND waits = 0 AND ordinal <= (
         SELECT ordinal FROM deliveries WHERE webhook = ?1 ORDER BY ordinal DESC LIMIT 1 OFFSET ?2)`,
      webhook,
      DELIVERIES_KEPT,
    );
  }

  /** Ordinal of the first that waits in a lane. */
  #first(webhook: number, transfer: number): number | null {
    return this.#database.first<{ ordinal: number | null }>(
      "SELECT min(ordinal) AS ordinal FROM deliveries WHERE webhook = ? AND transfer = ? AND waits = 1",
      webhook,
      transfer,
    )!.ordinal;
  }

  async replay(id: string, now: number): Promise<DeliveryRecord | null> {
    await this.#database.transaction(() => {
      const row = this.#delivery(id);
      if (row === undefined) return;
      this.#database.run(
        "UPDATE deliveries SET waits = 1, tries = 0, delivered_at = NULL WHERE ordinal = ?",
        row.ordinal,
      );
      this.#database.run(
        `INSERT INTO lanes (webhook, transfer, due_at, set_at)
         SELECT ordinal, ?1, max(?2, held_until), ?2 FROM webhooks WHERE ordinal = ?3
         ON CONFLICT (webhook, transfer) DO UPDATE SET due_at = min(due_at, excluded.due_at)`,
        row.transfer,
        now,
        row.webhook,
      );
    });
    await this.#database.flush();
    return await this.delivery(id);
  }

  async sweep(before: number): Promise<void> {
    await this.#database.transaction(() =>
      this.#database.run("DELETE FROM deliveries WHERE waits = 0 AND at < ?", before)
    );
  }

  #webhook(id: string): WebhookRecord | null {
    const row = this.#database.first<WebhookRow>(`${SELECT_WEBHOOK} WHERE webhooks.id = ?`, id);
    return row === undefined ? null : webhookOf(row);
  }

  #delivery(id: string): DeliveryRow | undefined {
    return this.#database.first<DeliveryRow>(`${SELECT_DELIVERY} WHERE deliveries.id = ?`, id);
  }
}

interface WebhookRow {
  readonly id: string;
  readonly owner: string;
  readonly transfer_id: string | null;
  readonly url: string;
  readonly events: string;
  readonly disabled: number;
  readonly created_at: number;
  readonly secret: string;
  readonly former_secret: string | null;
  readonly former_until: number | null;
}

const SELECT_WEBHOOK = `
  SELECT webhooks.*, transfers.id AS transfer_id FROM webhooks LEFT JOIN transfers ON transfers.ordinal = transfer`;

function webhookOf(row: WebhookRow): WebhookRecord {
  const { former_secret, former_until } = row;
  return {
    id: row.id,
    owner: row.owner,
    transferId: row.transfer_id,
    url: row.url,
    events: parseStored<NoticeEvent[]>(row.events),
    disabled: row.disabled === 1,
    createdAt: row.created_at,
    secret: row.secret,
    formerSecret: former_secret === null ? null : { secret: former_secret, until: former_until! },
  };
}

interface DeliveryRow {
  readonly ordinal: number;
  readonly id: string;
  readonly webhook: number;
  readonly webhook_id: string;
  readonly transfer: number;
  readonly transfer_id: string;
  readonly event: NoticeEvent;
  readonly at: number;
  readonly notice: string;
  readonly waits: number;
  readonly attempts: number;
  readonly tries: number;
  readonly delivered_at: number | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
  /** Of its lane; null when it does not wait. */
  readonly due_at: number | null;
}

const SELECT_DELIVERY = `
  SELECT deliveries.*, webhooks.id AS webhook_id, transfers.id AS transfer_id,
         CASE waits WHEN 1 THEN (
           SELECT due_at FROM lanes WHERE lanes.webhook = deliveries.webhook AND lanes.transfer = deliveries.transfer
         ) END AS due_at
    FROM deliveries
    JOIN webhooks ON webhooks.ordinal = deliveries.webhook
    JOIN transfers ON transfers.ordinal = deliveries.transfer`;

function deliveryOf(row: DeliveryRow): DeliveryRecord {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    transferId: row.transfer_id,
    notice: { event: row.event, at: row.at, ...parseStored<Omit<Notice, "event" | "at">>(row.notice) },
    attempts: row.attempts,
    deliveredAt: row.delivered_at,
    lastStatus: row.last_status,
    lastError: row.last_error,
    nextAttemptAt: row.due_at,
  };
}
