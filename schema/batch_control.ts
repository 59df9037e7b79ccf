import type { BatchRecord } from "../transfers/types.ts";
import { Batch } from "./batch.ts";
import { builder } from "./builder.ts";
import { BATCH_COST } from "./costs.ts";

const CancelBatchPayload = builder.objectRef<{ readonly batch: BatchRecord }>("CancelBatchPayload").implement({
  description: "The result of cancelBatch.",
  fields: (t) => ({
    batch: t.field({ type: Batch, description: "The batch as it is now.", resolve: ({ batch }) => batch }),
  }),
});

const DeleteBatchPayload = builder.objectRef<{ readonly id: string }>("DeleteBatchPayload").implement({
  description: "The result of deleteBatch.",
  fields: (t) => ({ id: t.exposeID("id", { description: "Id of the deleted batch." }) }),
});

builder.mutationField("cancelBatch", (t) =>
  t.field({
    type: CancelBatchPayload,
    complexity: { field: BATCH_COST, multiplier: 1 },
    description:
      "Stop all transfers of a batch that have not ended, as cancelTransfer does. Cancelling a batch that has ended does nothing and is no error.",
    args: { id: t.arg.id({ required: true, description: "Id of the batch." }) },
    resolve: async (_root, { id }, { transfers }) => ({ batch: await transfers.batches.cancel(id) }),
  }));

builder.mutationField("deleteBatch", (t) =>
  t.field({
    type: DeleteBatchPayload,
    complexity: { field: BATCH_COST, multiplier: 1 },
    description:
      "Delete all transfers of a batch and their images; those that have not ended are cancelled first. What was broken off in between can be repeated.",
    args: { id: t.arg.id({ required: true, description: "Id of the batch." }) },
    resolve: async (_root, { id }, { access, transfers }) => {
      for (const transfer of await transfers.batches.remove(id)) await access.shares.revoke(transfer);
      return { id };
    },
  }));
