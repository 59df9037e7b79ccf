import { noticeOf } from "../notice_of.ts";
import type { NewNotice } from "../ports.ts";
import type { TransferRecord, WebhookRecord } from "../../types.ts";
import type { Database } from "./database.ts";

/** What transfers add for webhooks; each method is part of the caller's transaction. */
export class Outbox {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @param transfer Ordinal of the one that it is told of; null for all of its owner. */
  addWebhook(webhook: WebhookRecord, transfer: number | null): void {
    this.#database.run(
      `INSERT INTO webhooks (id, owner, transfer, url, host, events, created_at, secret)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      webhook.id,
      webhook.owner,
      transfer,
      webhook.url,
      new URL(webhook.url).host,
      JSON.stringify(webhook.events),
      webhook.createdAt,
      webhook.secret,
    );
  }

  /** Adds a notice for every webhook that wants it. @param transfer Its ordinal. */
  addNotice(transfer: number, record: TransferRecord, notice: NewNotice): void {
    const { event, at, ...rest } = noticeOf(record, notice);
    for (const { ordinal, held_until } of this.#wanting(transfer, record.owner, event)) {
      if (event === "PROGRESS" && this.#waits(ordinal, transfer, event)) continue;
      this.#database.run(
        "INSERT INTO deliveries (id, webhook, transfer, event, at, notice) VALUES (?, ?, ?, ?, ?, ?)",
        crypto.randomUUID(),
        ordinal,
        transfer,
        event,
        at,
        JSON.stringify(rest),
      );
      // One that is there already keeps its time: what is first in it is waited for.
      this.#database.run(
        "INSERT OR IGNORE INTO lanes (webhook, transfer, due_at, set_at) VALUES (?, ?, ?, ?)",
        ordinal,
        transfer,
        Math.max(at, held_until),
        at,
      );
    }
  }

  #wanting(transfer: number, owner: string, event: string): { ordinal: number; held_until: number }[] {
    return this.#database.all(
      `SELECT ordinal, held_until FROM webhooks
        WHERE (transfer = ?1 OR (transfer IS NULL AND owner = ?2)) AND disabled = 0
          AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = ?3)
        ORDER BY ordinal`,
      transfer,
      owner,
      event,
    );
  }

  #waits(webhook: number, transfer: number, event: string): boolean {
    return this.#database.first(
      "SELECT 1 FROM deliveries WHERE webhook = ? AND transfer = ? AND waits = 1 AND event = ?",
      webhook,
      transfer,
      event,
    ) !== undefined;
  }
}
