import type { BatchItem, PageRequest } from "../transfers/api.ts";
import { LIMITS } from "../limits.ts";
import { Batch } from "./batch.ts";
import { builder } from "./builder.ts";
import { idOf, NEWEST } from "./newest.ts";
import { Transfer, TransferStatus } from "./transfer.ts";
import { TransferProgress } from "./transfer_progress.ts";

const BatchProgress = builder.objectRef<BatchItem>("BatchProgress").implement({
  description: "One thing that happened to a transfer of a batch.",
  fields: (t) => ({
    cursor: t.exposeString("cursor", {
      description:
        "How far the log of each transfer has come; pass the last one seen as `after`, to whichever server, to resume without a gap or a repeat. Opaque.",
    }),
    sequence: t.exposeInt("sequence", {
      description:
        "Events of all its transfers up to this one, those that were passed over included: it only grows, and without a snapshot and minInterval by one.",
    }),
    batch: t.field({
      type: Batch,
      description: "The batch as it is now, which may be newer than this event.",
      resolve: ({ batch }) => batch,
    }),
    transfer: t.field({
      type: Transfer,
      description: "The transfer that it happened to, as it is now.",
      resolve: ({ progress }) => progress.transfer,
    }),
    progress: t.field({
      type: TransferProgress,
      description: "What happened, as transferProgress tells it.",
      resolve: ({ progress }) => progress,
    }),
    status: t.field({
      type: TransferStatus,
      description: "Status of the batch after this event, see Batch.status.",
      resolve: ({ status }) => status,
    }),
    done: t.exposeInt("done", { description: "Transfers that have ended after this event." }),
    count: t.exposeInt("count", { description: "Transfers that there are, see Batch.count." }),
  }),
});

builder.subscriptionField("batchProgress", (t) =>
  t.field({
    type: BatchProgress,
    complexity: { field: 1, multiplier: 1 },
    description:
      "Everything that happens to the transfers of a batch, as transferProgress tells it of one: the contact sheet as it fills. First a snapshot, " +
      "one event for each transfer, or, with `after`, every event since that cursor; then live events; it completes after the event that ends the " +
      "last transfer. The events of each transfer come in order and none is lost or repeated; those of different transfers come as they happened, as " +
      "far as their logs are known.",
    args: {
      id: t.arg.id({
        required: true,
        description: `Id of the batch; \`${NEWEST}\` for the one that the caller started last.`,
      }),
      after: t.arg.string({
        description:
          "Cursor of the last event seen; `0` for all from the first. It is no number: transfers run side by side, and each has a log of its own.",
      }),
      minInterval: t.arg.int({
        defaultValue: 0,
        description:
          `At least this many milliseconds between two events, of whichever transfer, but for the snapshot and the ends of transfers; 0 to ${LIMITS.minInterval.maximum}.`,
      }),
    },
    subscribe: async (_root, { id, after, minInterval }, { transfers: { batches } }) => {
      const list = (page: PageRequest) => batches.list(page);
      const request = { after: after ?? null, minInterval: minInterval ?? 0 };
      return batches.progress(await idOf(id, { what: "batch", start: "startBatch", list }), request);
    },
    resolve: async (item, _args, context) => {
      await context.nextEvent();
      return item;
    },
  }));
