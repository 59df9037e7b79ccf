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
import type { Queries } from "./client.ts";
import type { Database } from "./database.ts";
import { addWebhook } from "./outbox.ts";

/**
 * Webhooks and their outbox in the database of the transfers.
 *
 * Whatever changes deliveries that wait has locked first the transfer and then the webhook that they are of, and looks at them
 * after that: so no server takes a lane for empty while another adds to it, and none waits for another that waits for it.
 */
export class PostgresWebhookStore implements WebhookStore {
  readonly #database: Database;
  readonly #kept: number;

  /** @param kept Deliveries of a webhook that are kept beside those on their way. */
  constructor(database: Database, kept = DELIVERIES_KEPT) {
    this.#database = database;
    this.#kept = kept;
  }

  async add(webhook: WebhookRecord, most: number): Promise<boolean> {
    return await this.#database.transaction(async (queries) => {
      // Of two servers that each add one, the second counts the first one's.
      await queries.run("SELECT pg_advisory_xact_lock(hashtextextended('webhooks of ' || $1::text, 0))", webhook.owner);
      const had = await queries.first<{ count: number }>(
        "SELECT count(*) AS count FROM webhooks WHERE owner = $1 AND transfer IS NULL",
        webhook.owner,
      );
      if (had!.count >= most) return false;
      await addWebhook(queries, webhook, null);
      return true;
    });
  }

  async get(id: string): Promise<WebhookRecord | null> {
    return webhookOf(await this.#database.first<WebhookRow>(`${SELECT_WEBHOOK} WHERE webhooks.id = $1`, id));
  }

  async ofTransfer(transferId: string): Promise<WebhookRecord | null> {
    const sql = `${SELECT_WEBHOOK} WHERE transfers.id = $1`;
    return webhookOf(await this.#database.first<WebhookRow>(sql, transferId));
  }

  async list(owner: Owner): Promise<readonly WebhookRecord[]> {
    const rows = await this.#database.all<WebhookRow>(
      `${SELECT_WEBHOOK} WHERE webhooks.owner = $1 AND webhooks.transfer IS NULL ORDER BY webhooks.ordinal`,
      owner,
    );
    return rows.map((row) => webhookOf(row)!);
  }

  async rotate(id: string, secret: string, until: number): Promise<WebhookRecord | null> {
    const row = await this.#database.first<WebhookRow>(
      `WITH rotated AS (
         UPDATE webhooks SET former_secret = secret, former_until = $2, secret = $3 WHERE id = $1 RETURNING *
       )
       SELECT rotated.*, transfers.id AS transfer_id FROM rotated LEFT JOIN transfers ON transfers.ordinal = transfer`,
      id,
      until,
      secret,
    );
    return webhookOf(row);
  }

  async remove(id: string): Promise<void> {
    await this.#database.run("DELETE FROM webhooks WHERE id = $1", id);
  }

  async deliveries(query: DeliveryQuery): Promise<readonly ListedDelivery[]> {
    const { webhookId, failed, olderThan, newerThan, limit } = query;
    const rows = await this.#database.all<DeliveryRow>(
      `${SELECT_DELIVERY}
        WHERE webhooks.id = $1 AND deliveries.ordinal < $2 AND deliveries.ordinal > $3
          AND (NOT $4 OR (delivered_at IS NULL AND deliveries.attempts > 0))
        ORDER BY deliveries.ordinal DESC LIMIT $5`,
      webhookId,
      olderThan ?? Number.MAX_SAFE_INTEGER,
      newerThan ?? 0,
      failed,
      limit,
    );
    return rows.map((row) => ({ ordinal: row.ordinal, delivery: deliveryOf(row) }));
  }

  async delivery(id: string): Promise<DeliveryRecord | null> {
    const row = await this.#database.first<DeliveryRow>(`${SELECT_DELIVERY} WHERE deliveries.id = $1`, id);
    return row === undefined ? null : deliveryOf(row);
  }

  async next({ lanes, hosts }: Busy): Promise<Waiting | null> {
    const row = await this.#database.first<DeliveryRow & { readonly lane: number }>(
      `SELECT first.*, lane FROM (
         SELECT lane, webhook, lanes.transfer FROM lanes JOIN webhooks ON webhooks.ordinal = webhook
          WHERE lane <> ALL ($1::bigint[]) AND host <> ALL ($2::text[])
          ORDER BY lanes.due_at, lane LIMIT 1
       ) AS due CROSS JOIN LATERAL (
         ${SELECT_DELIVERY}
          WHERE deliveries.webhook = due.webhook AND deliveries.transfer = due.transfer AND waits
          ORDER BY deliveries.ordinal LIMIT 1
       ) AS first`,
      lanes,
      hosts,
    );
    if (row === undefined) return null;
    const webhook = await this.get(row.webhook_id);
    // Its receiver, or its owner, has ended it in between: what is due first is another one's.
    if (webhook === null) return await this.next({ lanes, hosts });
    return { lane: row.lane, delivery: deliveryOf(row), webhook, tries: row.tries, dueAt: row.due_at! };
  }

  async latest(): Promise<number> {
    return (await this.#database.first<{ at: number | null }>("SELECT max(set_at) AS at FROM lanes"))!.at ?? 0;
  }

  async record(deliveryId: string, { at, status, error, outcome }: Attempt): Promise<void> {
    await this.#database.transaction(async (queries) => {
      const row = await lockDelivery(queries, deliveryId);
      if (row === undefined || row.due_at === null) return;
      await queries.run(
        `UPDATE deliveries SET attempts = attempts + 1, tries = tries + 1, last_status = $2, last_error = $3,
           delivered_at = $4, waits = $5 WHERE ordinal = $1`,
        row.ordinal,
        status,
        error,
        outcome.kind === "DELIVERED" ? at : null,
        outcome.kind === "RETRY",
      );
      if (outcome.kind === "RETRY") return await retry(queries, row, at, outcome.dueAt, outcome.heldUntil);
      if (outcome.kind === "GONE") return await disable(queries, row.webhook);
      await goOn(queries, row, at);
      await forgetOld(queries, row.webhook, this.#kept);
    });
  }

  async replay(id: string, now: number): Promise<DeliveryRecord | null> {
    return await this.#database.transaction(async (queries) => {
      const row = await lockDelivery(queries, id);
      if (row === undefined) return null;
      await queries.run(
        "UPDATE deliveries SET waits = true, tries = 0, delivered_at = NULL WHERE ordinal = $1",
        row.ordinal,
      );
      await queries.run(
        `INSERT INTO lanes (webhook, transfer, due_at, set_at)
         SELECT ordinal, $2::bigint, greatest($3::bigint, held_until), $3 FROM webhooks WHERE ordinal = $1
         ON CONFLICT (webhook, transfer) DO UPDATE SET due_at = least(lanes.due_at, excluded.due_at)`,
        row.webhook,
        row.transfer,
        now,
      );
      return deliveryOf((await queries.first<DeliveryRow>(`${SELECT_DELIVERY} WHERE deliveries.id = $1`, id))!);
    });
  }

  async sweep(before: number): Promise<void> {
    await this.#database.run(
      "DELETE FROM deliveries WHERE NOT waits AND at < $1",
      Math.min(before, Number.MAX_SAFE_INTEGER),
    );
  }
}

/** A delivery with its transfer and its webhook locked in this order, as it is then; undefined where there is none. */
async function lockDelivery(queries: Queries, id: string): Promise<DeliveryRow | undefined> {
  const sql = `${SELECT_DELIVERY} WHERE deliveries.id = $1`;
  const found = await queries.first<DeliveryRow>(sql, id);
  if (found === undefined) return undefined;
  await queries.run(
    `SELECT 1 FROM transfers, webhooks WHERE transfers.ordinal = $1 AND webhooks.ordinal = $2
       FOR KEY SHARE OF transfers FOR NO KEY UPDATE OF webhooks`,
    found.transfer,
    found.webhook,
  );
  return await queries.first<DeliveryRow>(sql, id);
}

async function retry(
  queries: Queries,
  { ordinal, webhook, transfer }: DeliveryRow,
  at: number,
  dueAt: number,
  heldUntil: number | null,
): Promise<void> {
  // An earlier one that was replayed meanwhile keeps its own time.
  await queries.run(
    `UPDATE lanes SET due_at = $4, set_at = $5 WHERE webhook = $1 AND transfer = $2 AND $3 = (${FIRST_WAITING})`,
    webhook,
    transfer,
    ordinal,
    dueAt,
    at,
  );
  if (heldUntil === null) return;
  await queries.run("UPDATE webhooks SET held_until = $2 WHERE ordinal = $1", webhook, heldUntil);
  await queries.run("UPDATE lanes SET due_at = greatest(due_at, $2) WHERE webhook = $1", webhook, heldUntil);
}

async function disable(queries: Queries, webhook: number): Promise<void> {
  await queries.run("UPDATE webhooks SET disabled = true WHERE ordinal = $1", webhook);
  await queries.run("UPDATE deliveries SET waits = false WHERE webhook = $1 AND waits", webhook);
  await queries.run("DELETE FROM lanes WHERE webhook = $1", webhook);
}

/** Has what comes after a settled delivery come now. */
async function goOn(queries: Queries, { webhook, transfer }: DeliveryRow, now: number): Promise<void> {
  const ended = await queries.run(
    `DELETE FROM lanes WHERE webhook = $1 AND transfer = $2 AND (${FIRST_WAITING}) IS NULL`,
    webhook,
    transfer,
  );
  if (ended > 0) return;
  await queries.run(
    `UPDATE lanes SET due_at = greatest($3, (SELECT held_until FROM webhooks WHERE ordinal = $1)), set_at = $3
      WHERE webhook = $1 AND transfer = $2`,
    webhook,
    transfer,
    now,
  );
}

async function forgetOld(queries: Queries, webhook: number, kept: number): Promise<void> {
  await queries.run(
    `DELETE FROM deliveries WHERE webhook = $1 AND NOT waits AND ordinal <= (
       SELECT ordinal FROM deliveries WHERE webhook = $1 ORDER BY ordinal DESC OFFSET $2 LIMIT 1)`,
    webhook,
    kept,
  );
}

/** Ordinal of the first that waits in the lane of webhook $1 and transfer $2; null for none. */
const FIRST_WAITING = "SELECT min(ordinal) FROM deliveries WHERE webhook = $1 AND transfer = $2 AND waits";

interface WebhookRow {
  readonly id: string;
  readonly owner: string;
  readonly transfer_id: string | null;
  readonly url: string;
  readonly events: readonly NoticeEvent[];
  readonly disabled: boolean;
  readonly created_at: number;
  readonly secret: string;
  readonly former_secret: string | null;
  readonly former_until: number | null;
}

const SELECT_WEBHOOK = `
  SELECT webhooks.*, transfers.id AS transfer_id FROM webhooks LEFT JOIN transfers ON transfers.ordinal = transfer`;

function webhookOf(row: WebhookRow | undefined): WebhookRecord | null {
  if (row === undefined) return null;
  const { former_secret, former_until } = row;
  return {
    id: row.id,
    owner: row.owner,
    transferId: row.transfer_id,
    url: row.url,
    events: row.events,
    disabled: row.disabled,
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
  readonly notice: Omit<Notice, "event" | "at">;
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
         CASE WHEN waits THEN (
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
    notice: { event: row.event, at: row.at, ...row.notice },
    attempts: row.attempts,
    deliveredAt: row.delivered_at,
    lastStatus: row.last_status,
    lastError: row.last_error,
    nextAttemptAt: row.due_at,
  };
}
