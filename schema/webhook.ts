import type { Page } from "../transfers/api.ts";
import type { DeliveryRecord, WebhookRecord } from "../transfers/types.ts";
import { builder } from "./builder.ts";
import { connectionOf, pageComplexity } from "./connection.ts";
import { findNodesOf, Node } from "./node.ts";
import { Transfer } from "./transfer.ts";
import { TransferEvent } from "./webhook_input.ts";

/** An event on its way to a webhook. */
export const WebhookDelivery = builder.objectRef<DeliveryRecord>("WebhookDelivery").implement({
  description: "An event on its way to a webhook, arrived, or given up. Its id is the `webhook-id` of each attempt.",
  interfaces: [Node],
  fields: (t) => ({
    event: t.field({ type: TransferEvent, description: "What happened.", resolve: ({ notice }) => notice.event }),
    createdAt: t.field({ type: "DateTime", description: "When it happened.", resolve: ({ notice }) => notice.at }),
    transfer: t.field({
      type: Transfer,
      nullable: true,
      description: "The transfer as it is now; null when it has been deleted.",
      resolve: ({ transferId }, _args, { transfers }) => transfers.get(transferId),
    }),
    attempts: t.exposeInt("attempts", { description: "Attempts so far, those before it was replayed included." }),
    deliveredAt: t.expose("deliveredAt", {
      type: "DateTime",
      nullable: true,
      description: "When it arrived; null while it has not.",
    }),
    lastStatus: t.exposeInt("lastStatus", {
      nullable: true,
      description: "HTTP status of the last answer; null when the last attempt had none.",
    }),
    lastError: t.exposeString("lastError", {
      nullable: true,
      description: "What was found at the last attempt, in one line; null after a success.",
    }),
    nextAttemptAt: t.expose("nextAttemptAt", {
      type: "DateTime",
      nullable: true,
      description:
        "It is not tried before this, nor before what its webhook is still to be told of the same transfer; null when it has arrived or been given up.",
    }),
  }),
});

const WebhookDeliveryConnection = connectionOf<DeliveryRecord>("WebhookDelivery", WebhookDelivery, {
  one: "A delivery",
  page: "A page of what a webhook was told and is to be told, newest first.",
});

/** An address that is told of transfers. */
export const Webhook = builder.objectRef<WebhookRecord>("Webhook").implement({
  description: "An address that is told of transfers.",
  interfaces: [Node],
  fields: (t) => ({
    url: t.exposeString("url", { description: "Where each event is sent." }),
    events: t.field({ type: [TransferEvent], description: "What it is told.", resolve: ({ events }) => [...events] }),
    disabled: t.exposeBoolean("disabled", {
      description: "Whether its receiver has ended it by the status 410: it is told nothing any more.",
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    deliveries: t.field({
      type: WebhookDeliveryConnection,
      complexity: pageComplexity,
      description: "What it was told and is to be told, newest first.",
      args: {
        first: t.arg.int({ description: "Most entries, 0 to 100; 20 when not given." }),
        after: t.arg.string({ description: "Only entries after this cursor." }),
        failed: t.arg.boolean({
          defaultValue: false,
          description: "Only those that were tried and have not arrived.",
        }),
      },
      resolve: ({ id }, args, { transfers }) => transfers.webhooks.deliveries(id, args),
    }),
  }),
});

builder.objectField(Transfer, "webhook", (t) =>
  t.field({
    type: Webhook,
    nullable: true,
    description: "Told about this transfer alone; null where there is none, and for who may not see it.",
    resolve: ({ id }, _args, { transfers }) => transfers.webhooks.ofTransfer(id),
  }));

const WebhookConnection = connectionOf<WebhookRecord, Page<WebhookRecord>>("Webhook", Webhook, {
  one: "A webhook",
  page: "A page of the caller's webhooks, oldest first.",
});
builder.objectField(
  WebhookConnection,
  "totalCount",
  (t) => t.exposeInt("totalCount", { description: "Number of webhooks in the whole list." }),
);

findNodesOf("Webhook", ({ transfers }, id) => transfers.webhooks.get(id));
findNodesOf("WebhookDelivery", ({ transfers }, id) => transfers.webhooks.delivery(id));

builder.queryField("webhooks", (t) =>
  t.field({
    type: WebhookConnection,
    complexity: pageComplexity,
    description: "The caller's webhooks, oldest first; not those of single transfers, see Transfer.webhook.",
    args: {
      first: t.arg.int({ description: "Most entries, 0 to 100; 20 when not given." }),
      after: t.arg.string({ description: "Only entries after this cursor." }),
    },
    resolve: (_root, args, { transfers }) => transfers.webhooks.list(args),
  }));
