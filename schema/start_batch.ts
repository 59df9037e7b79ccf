import type { BatchRecord } from "../transfers/types.ts";
import { Batch } from "./batch.ts";
import { StartBatchInput } from "./batch_inputs.ts";
import { builder } from "./builder.ts";

const StartBatchPayload = builder.objectRef<{ readonly batch: BatchRecord }>("StartBatchPayload").implement({
  description: "The result of startBatch.",
  fields: (t) => ({
    batch: t.field({
      type: Batch,
      description: "The new batch, or the earlier one of the same idempotencyKey.",
      resolve: ({ batch }) => batch,
    }),
  }),
});

builder.mutationField("startBatch", (t) =>
  t.field({
    type: StartBatchPayload,
    description:
      "Start every content with every group of styles under every variation: all of these transfers, or none. Each runs, is told of by webhooks and counts as any other.",
    args: { input: t.arg({ type: StartBatchInput, required: true, description: "The batch." }) },
    resolve: () => {
      throw new Error("x");
    },
  }));
