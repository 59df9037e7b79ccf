import { MAX_WEBHOOKS } from "../limits.ts";
import type { NewSecret } from "../transfers/api.ts";
import { ROTATION_MILLISECONDS } from "../transfers/notices/signature.ts";
import type { DeliveryRecord } from "../transfers/types.ts";
import { builder } from "./builder.ts";
import { Webhook, WebhookDelivery } from "./webhook.ts";
import { WebhookInput } from "./webhook_input.ts";

const ROTATION_HOURS = ROTATION_MILLISECONDS / 3_600_000;

const CreateWebhookPayload = secretPayload("CreateWebhookPayload", "The result of createWebhook.");
const RotateWebhookSecretPayload = secretPayload(
  "RotateWebhookSecretPayload",
  "The result of rotateWebhookSecret.",
);
const DeleteWebhookPayload = builder.objectRef<{ readonly id: string }>("DeleteWebhookPayload").implement({
  description: "The result of deleteWebhook.",
  fields: (t) => ({ id: t.exposeID("id", { description: "Id of the deleted webhook." }) }),
});
const ReplayDeliveryPayload = builder
  .objectRef<{ readonly delivery: DeliveryRecord }>("ReplayDeliveryPayload")
  .implement({
    description: "The result of replayDelivery.",
    fields: (t) => ({
      delivery: t.field({
        type: WebhookDelivery,
        description: "The delivery as it is now.",
        resolve: ({ delivery }) => delivery,
      }),
    }),
  });

function secretPayload(name: string, description: string) {
  return builder.objectRef<NewSecret>(name).implement({
    description,
    fields: (t) => ({
      webhook: t.field({
        type: Webhook,
        description: "The webhook as it is now.",
        resolve: ({ webhook }) => webhook,
      }),
      secret: t.exposeString("secret", {
        description: "What signs what it is told, as whsec_…; told here and never again.",
      }),
    }),
  });
}

builder.mutationField("createWebhook", (t) =>
  t.field({
    type: CreateWebhookPayload,
    description: `Have an address told about all of the caller's transfers from now on; at most ${MAX_WEBHOOKS}.`,
    args: { input: t.arg({ type: WebhookInput, required: true, description: "The address, and what it is told." }) },
    resolve: (_root, { input }, { transfers }) => transfers.webhooks.create(input),
  }));

builder.mutationField("deleteWebhook", (t) =>
  t.field({
    type: DeleteWebhookPayload,
    description: "Tell an address nothing any more, and forget what it was told.",
    args: { id: t.arg.id({ required: true, description: "Id of the webhook." }) },
    resolve: async (_root, { id }, { transfers }) => {
      await transfers.webhooks.remove(id);
      return { id };
    },
  }));

builder.mutationField("rotateWebhookSecret", (t) =>
  t.field({
    type: RotateWebhookSecretPayload,
    description: `Give a webhook a new secret. The one that it has signs too for ${ROTATION_HOURS} hours.`,
    args: { id: t.arg.id({ required: true, description: "Id of the webhook." }) },
    resolve: (_root, { id }, { transfers }) => transfers.webhooks.rotate(id),
  }));

builder.mutationField("replayDelivery", (t) =>
  t.field({
    type: ReplayDeliveryPayload,
    description: "Deliver an event again, now and by the whole schedule, with the same id and body.",
    args: { id: t.arg.id({ required: true, description: "Id of the delivery." }) },
    resolve: async (_root, { id }, { transfers }) => ({ delivery: await transfers.webhooks.replay(id) }),
  }));
