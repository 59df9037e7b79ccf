import { noticeOf } from "../notice_of.ts";
import type { NewNotice } from "../ports.ts";
import type { TransferRecord, WebhookRecord } from "../../types.ts";
import type { Queries } from "./client.ts";

/**
 * Adds a webhook, as part of a transaction.
 *
 * @param transfer Ordinal of the one that it is told of; null for all of its owner.
 */
export async function addWebhook(
  queries: Queries,
  webhook: WebhookRecord,
  transfer: number | null,
): Promise<void> {
  await queries.run(
    `INSERT INTO webhooks (id, owner, transfer, url, host, events, created_at, secret)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    webhook.id,
    webhook.owner,
    transfer,
    webhook.url,
    new URL(webhook.url).host,
    webhook.events,
    webhook.createdAt,
    webhook.secret,
  );
}

/**
 * Adds a notice for every webhook that wants it, as part of the transaction that has changed the transfer, and so has its
 * row locked: what is told of one transfer is told in the order in which it happened.
 *
 * @param transfer Ordinal of the transfer.
 * @param record After the change.
 */
export async function addNotice(
  queries: Queries,
  transfer: number,
  record: TransferRecord,
  notice: NewNotice,
): Promise<void> {
  const { event, at, ...rest } = noticeOf(record, notice);
  // Nobody settles a delivery of these until this is committed: who looked for more in its lane meanwhile found none.
  const wanting = await queries.all<{ ordinal: number }>(
    `SELECT ordinal FROM webhooks
      WHERE (transfer = $1 OR (transfer IS NULL AND owner = $2)) AND NOT disabled AND $3 = ANY (events)
      ORDER BY ordinal FOR SHARE`,
    transfer,
    record.owner,
    event,
  );
  if (wanting.length === 0) return;
  await queries.run(
    `WITH told AS (
       INSERT INTO deliveries (id, webhook, transfer, event, at, notice)
       SELECT gen_random_uuid()::text, wanting.ordinal, $2::bigint, $3::text, $4::bigint, $5::json
         FROM unnest($1::bigint[]) AS wanting (ordinal)
        WHERE $3 <> 'PROGRESS' OR NOT EXISTS (
          SELECT 1 FROM deliveries AS earlier
           WHERE earlier.webhook = wanting.ordinal AND earlier.transfer = $2 AND earlier.event = $3 AND earlier.waits)
        ORDER BY wanting.ordinal
       RETURNING webhook
     )
     INSERT INTO lanes (webhook, transfer, due_at, set_at)
     SELECT ordinal, $2, greatest($4, held_until), $4 FROM told JOIN webhooks ON ordinal = told.webhook
      ORDER BY ordinal
     -- One that is there already keeps its time: what is first in it is waited for.
     ON CONFLICT (webhook, transfer) DO NOTHING`,
    wanting.map(({ ordinal }) => ordinal),
    transfer,
    event,
    at,
    JSON.stringify(rest),
  );
}
