import type { Page } from "../transfers/api.ts";
import { type BatchPlace as PlaceRecord, type BatchRecord, placeOf, type TransferRecord } from "../transfers/types.ts";
import { pageOf } from "../transfers/storage/paging.ts";
import { builder } from "./builder.ts";
import { connectionOf, pageComplexity } from "./connection.ts";
import type { Context } from "./context.ts";
import { BATCH_COST, BATCH_READ_COST } from "./costs.ts";
import { Image } from "./image.ts";
import { findNodesOf, Node } from "./node.ts";
import { imageOf, StyleImage, Transfer, TransferConnection, TransferStatus } from "./transfer.ts";

/** Contents, or groups of styles, that a batch is reckoned to have. */
const USUAL_AXIS = 4;

/** Transfers that were started as one. */
export const Batch = builder.objectRef<BatchRecord>("Batch").implement({
  description: "Transfers that were started as one: every content with every group of styles under every variation.",
  interfaces: [Node],
  fields: (t) => ({
    owner: t.exposeString("owner", { description: "Whose it is: the owner of the key that started it." }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was requested." }),
    status: t.field({
      type: TransferStatus,
      complexity: BATCH_COST,
      description:
        "QUEUED until one of its transfers is not; RUNNING while any has not ended; then FAILED if any has failed, else CANCELLED if any was cancelled, else SUCCEEDED.",
      resolve: async ({ id }, _args, { transfers }) => (await transfers.batches.state(id)).status,
    }),
    done: t.int({
      complexity: BATCH_COST,
      description: "Transfers that have ended.",
      resolve: async ({ id }, _args, { transfers }) => (await transfers.batches.state(id)).done,
    }),
    count: t.int({
      complexity: BATCH_COST,
      description: "Transfers that there are: all that it was started with but those that were deleted.",
      resolve: async ({ id }, _args, { transfers }) => (await transfers.batches.state(id)).count,
    }),
    contents: t.field({
      type: [Image],
      nullable: { list: false, items: true },
      complexity: { field: BATCH_READ_COST, multiplier: USUAL_AXIS },
      description: "The pictures that are repainted, as they were given; null where no transfer of one is left.",
      resolve: async (batch, _args, context) => {
        const first = await firstOf(batch, batch.contents, ({ content }) => content, context);
        return await Promise.all(first.map((transfer) => transfer && imageOf(context, transfer.contentId)));
      },
    }),
    styles: t.field({
      type: t.listRef(t.listRef(StyleImage), { nullable: true }),
      complexity: { field: BATCH_READ_COST, multiplier: USUAL_AXIS },
      description: "The groups of styles, as they were given; null where no transfer of one is left.",
      resolve: async (batch, _args, context) => {
        const first = await firstOf(batch, batch.styles, ({ style }) => style, context);
        return first.map((transfer) => transfer && transfer.styles);
      },
    }),
    variations: t.field({
      type: t.listRef("String", { nullable: true }),
      complexity: { field: 1, multiplier: 1 },
      description: "The names of the variations, as they were given; null for one without a name.",
      resolve: ({ variations }) => variations,
    }),
    transfers: t.field({
      type: TransferConnection,
      complexity: (args) => ({ ...pageComplexity(args), field: BATCH_READ_COST }),
      description: "Those of its transfers that there are, by content, then by styles, then by variation.",
      args: {
        first: t.arg.int({ description: "Most entries, 0 to 100; 20 when left out." }),
        after: t.arg.string({ description: "Only entries after this cursor." }),
      },
      resolve: async (batch, args, { transfers }) =>
        pageOf(await transfers.batches.transfers(batch.id), (transfer) => placeOf(batch, transfer), args),
    }),
  }),
});

/** For each place along an axis, a transfer that has it; null where none is left. */
async function firstOf(
  { id }: BatchRecord,
  length: number,
  indexOf: (place: PlaceRecord) => number,
  { transfers }: Context,
): Promise<readonly (TransferRecord | null)[]> {
  const all = await transfers.batches.transfers(id);
  return Array.from({ length }, (_, i) => all.find(({ batch }) => batch && indexOf(batch) === i) ?? null);
}

const BatchPlace = builder.objectRef<PlaceRecord>("BatchPlace").implement({
  description: "Where a transfer stands in its batch: what a grid is laid out by.",
  fields: (t) => ({
    contentIndex: t.exposeInt("content", { description: "Which of StartBatchInput.contents it has, counted from 0." }),
    styleIndex: t.exposeInt("style", { description: "Which of StartBatchInput.styles it has, counted from 0." }),
    variationIndex: t.exposeInt("variation", {
      description: "Which of StartBatchInput.variations it has, counted from 0; 0 where there were none.",
    }),
  }),
});

builder.objectFields(Transfer, (t) => ({
  batch: t.field({
    type: Batch,
    nullable: true,
    description: "The batch that it was started with; null where there is none, and for who follows it by a link.",
    resolve: ({ batch }, _args, { transfers }) => batch ? transfers.batches.get(batch.id) : null,
  }),
  place: t.field({
    type: BatchPlace,
    nullable: true,
    description: "Where it stands in its batch; null where there is none.",
    resolve: ({ batch }) => batch ?? null,
  }),
}));

const BatchConnection = connectionOf<BatchRecord, Page<BatchRecord>>("Batch", Batch, {
  one: "A batch",
  page: "A page of the caller's batches, newest first.",
  backward: true,
});
builder.objectField(
  BatchConnection,
  "totalCount",
  (t) => t.exposeInt("totalCount", { description: "Number of batches in the whole list." }),
);

findNodesOf("Batch", ({ transfers }, id) => transfers.batches.get(id));

builder.queryField("batch", (t) =>
  t.field({
    type: Batch,
    nullable: true,
    description: "One batch, or null if the caller can see none with this id.",
    args: { id: t.arg.id({ required: true, description: "Id of the batch." }) },
    resolve: (_root, { id }, { transfers }) => transfers.batches.get(id),
  }));

builder.queryField("batches", (t) =>
  t.field({
    type: BatchConnection,
    complexity: pageComplexity,
    description: "The caller's batches, newest first. One is there as long as any of its transfers is.",
    args: {
      first: t.arg.int({ description: "Most entries from the start, 0 to 100; 20 when neither is given." }),
      after: t.arg.string({ description: "Only entries after this cursor." }),
      last: t.arg.int({ description: "Most entries from the end, 0 to 100; not together with `first`." }),
      before: t.arg.string({ description: "Only entries before this cursor." }),
      allOwners: t.arg.boolean({
        defaultValue: false,
        description: "Also those of other owners; admins only.",
      }),
    },
    resolve: (_root, args, { transfers }) => transfers.batches.list(args),
  }));
