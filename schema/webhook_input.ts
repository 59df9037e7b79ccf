import { LIMITS } from "../limits.ts";
import { PROGRESS_MILLISECONDS } from "../transfers/notices/progress_pace.ts";
import { builder } from "./builder.ts";

/** What webhooks can be told. */
export const TransferEvent = builder.enumType("TransferEvent", {
  description: "What webhooks are told of a transfer; the type of the body is such as transfer.running.",
  values: {
    RUNNING: { description: "It has begun to be computed, or goes on after resumeTransfer." },
    PROGRESS: {
      description: `It has taken steps: the first, then at most one every ${
        PROGRESS_MILLISECONDS / 1000
      } seconds, and none before the last has arrived.`,
    },
    SUCCEEDED: { description: "All steps are done." },
    FAILED: { description: "It was stopped by an error." },
    CANCELLED: { description: "It was stopped by its caller." },
  },
});

export const WebhookInput = builder.inputType("WebhookInput", {
  description: "An address that is told of transfers, as Standard Webhooks 1.0 has it.",
  fields: (t) => ({
    url: t.string({
      required: true,
      description:
        `Where each event is sent by POST: http or https, public addresses only, at most ${LIMITS.webhookUrl.longest} characters.`,
    }),
    events: t.field({ type: [TransferEvent], required: true, description: "What it is told; at least one." }),
  }),
});
