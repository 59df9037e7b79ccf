import { frameOfStep, framesIn, stepsInAll } from "../engine/options/moving_schedule.ts";
import { workDone } from "../engine/descent/work_done.ts";
import type { Page } from "../transfers/api.ts";
import type { ImageRecord, StyleRecord, TransferFailure, TransferRecord } from "../transfers/types.ts";
import { GramcastError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { WRITTEN_ENDINGS } from "../images/written_format.ts";
import { builder } from "./builder.ts";
import { connectionOf, pageComplexity } from "./connection.ts";
import type { Context } from "./context.ts";
import { QUEUE_COST } from "./costs.ts";
import { Engine } from "./engine.ts";
import { Frame, FrameConnection } from "./frame.ts";
import { Image } from "./image.ts";
import { Losses, LossPoint } from "./losses.ts";
import { findNodesOf, Node } from "./node.ts";
import { TransferOptions } from "./transfer_options.ts";
import { transferRequest } from "./transfer_request.ts";
import { Weights } from "./weights.ts";
import { quoted } from "../values.ts";

const DEFAULT_POINTS = 200;
/** Points that count as much as a plain field. */
const POINTS_PER_COST = 10;

export const TransferStatus = builder.enumType("TransferStatus", {
  description: "The states of a transfer.",
  values: {
    QUEUED: { description: "Waiting for the engine." },
    RUNNING: { description: "Being computed." },
    SUCCEEDED: { description: "All steps are done." },
    FAILED: { description: "Stopped by an error, see Transfer.error; its newest picture is kept." },
    CANCELLED: { description: "Stopped by its caller; its newest picture is kept." },
  },
});

export const TransferError = builder.objectRef<TransferFailure>("TransferError").implement({
  description: "Why a transfer failed.",
  fields: (t) => ({
    code: t.exposeString("code", { description: "Stable code, such as ENGINE_OUT_OF_MEMORY." }),
    message: t.exposeString("message", { description: "What happened, in one line." }),
  }),
});

/** A picture whose style is taken. */
export const StyleImage = builder.objectRef<StyleRecord>("StyleImage").implement({
  description: "A picture whose style is taken.",
  fields: (t) => ({
    image: t.field({
      type: Image,
      description: "The picture.",
      resolve: ({ imageId }, _args, context) => imageOf(context, imageId),
    }),
    weight: t.exposeFloat("weight", { description: "Its share among the styles." }),
    scale: t.float({
      description: "How large its picture is looked at, times the option `styleScale`.",
      resolve: ({ scale = 1 }) => scale,
    }),
    mask: t.field({
      type: Image,
      nullable: true,
      description: "Where in the result the style goes: white counts; null for everywhere.",
      resolve: ({ maskId }, _args, context) => maskId === null ? null : imageOf(context, maskId),
    }),
    region: t.field({
      type: Image,
      nullable: true,
      description: "Which part of the style picture counts: white does; null for all of it.",
      resolve: ({ regionId = null }, _args, context) => regionId === null ? null : imageOf(context, regionId),
    }),
  }),
});

/** One picture being repainted, from request to result. */
export const Transfer = builder.objectRef<TransferRecord>("Transfer").implement({
  description: "One picture being repainted in the style of others, from request to result.",
  interfaces: [Node],
  fields: (t) => ({
    owner: t.string({
      nullable: true,
      description: "Whose it is: the owner of the key that started it; null for who follows it by a link.",
      resolve: ({ owner }, _args, { session }) => session.caller.follows === null ? owner : null,
    }),
    status: t.field({
      type: TransferStatus,
      description: "What has become of it so far.",
      resolve: ({ status }) => status,
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was requested." }),
    startedAt: t.expose("startedAt", {
      type: "DateTime",
      nullable: true,
      description: "When the engine began; null before.",
    }),
    finishedAt: t.expose("finishedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it ended; null before.",
    }),
    options: t.field({
      type: TransferOptions,
      description: "Its options, completed from the preset.",
      resolve: ({ options }) => options,
    }),
    request: t.field({
      type: "JSON",
      description:
        "The StartTransferInput that repeats this transfer, with pictures by name or id. A retuned transfer has the values that it was last set to.",
      args: {
        complete: t.arg.boolean({
          defaultValue: false,
          description:
            "Name every option, not only those that differ from the preset, so that the request stays the same when presets change.",
        }),
      },
      resolve: (transfer, { complete }, context) => transferRequest(transfer, complete ?? false, context),
    }),
    content: t.field({
      type: Image,
      description: "The picture that is repainted.",
      resolve: ({ contentId }, _args, context) => imageOf(context, contentId),
    }),
    styles: t.field({
      type: [StyleImage],
      complexity: { field: 1, multiplier: 2 },
      description: "The pictures whose style it takes on.",
      resolve: ({ styles }) => styles,
    }),
    step: t.exposeInt("step", { description: "Steps taken so far, over all scales and frames of the content." }),
    steps: t.int({
      description: "Steps in all, over all scales and frames of the content.",
      resolve: ({ options }) => stepsInAll(options),
    }),
    contentFrame: t.int({
      description: "Which frame of the content `step` painted, counted from 1.",
      resolve: ({ options, step }) => frameOfStep(options, step).frame + 1,
    }),
    contentFrames: t.int({
      description: "Frames of the content that are painted: 1, unless it was started with `moving` and has several.",
      resolve: ({ options }) => framesIn(options),
    }),
    progress: t.float({
      description: "Share of the work that is done, 0 to 1: a step at a coarse scale counts for less.",
      resolve: ({ options, step }) => workDone(options, step),
    }),
    losses: t.field({
      type: Losses,
      nullable: true,
      description: "The losses of the newest step; null before the first.",
      resolve: ({ losses }) => losses,
    }),
    lossHistory: t.field({
      type: [LossPoint],
      complexity: ({ points }) => ({ field: 1 + (points ?? DEFAULT_POINTS) / POINTS_PER_COST, multiplier: 1 }),
      description: "Loss values so far, thinned to at most `points`; the first and the last are always included.",
      args: {
        points: t.arg.int({
          defaultValue: DEFAULT_POINTS,
          description: `Most points to return, ${LIMITS.points.minimum} to ${LIMITS.points.maximum}.`,
        }),
      },
      resolve: ({ id }, { points }, { transfers }) => transfers.lossHistory(id, points ?? DEFAULT_POINTS),
    }),
    frame: t.field({
      type: Frame,
      nullable: true,
      description: "The image as it is now; null before the first frame.",
      resolve: ({ id }, _args, { transfers }) => transfers.frame(id, null),
    }),
    frames: t.field({
      type: FrameConnection,
      complexity: pageComplexity,
      description:
        "The frames that are kept, by step: all of them with keepFrames, else the latest; of a moving content also what was painted of each of its frames.",
      args: {
        first: t.arg.int({ description: "Most entries, 0 to 100; 20 when left out." }),
        after: t.arg.string({ description: "Only entries after this cursor." }),
      },
      resolve: ({ id }, args, { transfers }) => transfers.frames(id, args),
    }),
    result: t.field({
      type: Image,
      nullable: true,
      description:
        "The finished picture; null while there is none. A PNG; a WebP that moves where contentFrames is more than 1.",
      resolve: ({ resultId }, _args, { transfers }) => resultId === null ? null : transfers.images.get(resultId),
    }),
    resultFormats: t.stringList({
      description:
        "Endings of `/transfers/ID/result.ENDING` that have all of the result: png, jpg and others, and of what moves webp, gif, and mp4 where the server has FFmpeg. None while there is no result; what moves is its first frame in other formats.",
      resolve: ({ resultId, options }, _args, { transfers }) => {
        if (resultId === null) return [];
        return framesIn(options) > 1 ? transfers.movingFormats.map((format) => format.toLowerCase()) : WRITTEN_ENDINGS;
      },
    }),
    error: t.field({
      type: TransferError,
      nullable: true,
      description: "Why it failed; null unless status is FAILED.",
      resolve: ({ failure }) => failure,
    }),
    queuePosition: t.int({
      nullable: true,
      complexity: QUEUE_COST,
      description: "Number of transfers ahead of it in the queue; null unless status is QUEUED.",
      resolve: ({ id, status }, _args, { transfers }) => status === "QUEUED" ? transfers.queuePosition(id) : null,
    }),
    secondsPerStep: t.exposeFloat("secondsPerStep", {
      nullable: true,
      description: "Seconds per step, averaged over the latest; null before the first.",
    }),
    etaSeconds: t.float({
      nullable: true,
      complexity: QUEUE_COST,
      description: "Seconds until it ends, its wait in the queue included; null when unknown or ended.",
      resolve: (transfer, _args, { transfers }) => transfers.etaSeconds(transfer),
    }),
    engine: t.field({
      type: Engine,
      nullable: true,
      description: "What computes it; null before it starts.",
      resolve: ({ engine }) => engine,
    }),
    weights: t.field({
      type: Weights,
      nullable: true,
      description:
        "The parameters that it is computed with; null before it starts, and when they are no longer loaded.",
      resolve: async ({ weightsSha256 }, _args, context) => {
        if (weightsSha256 === null) return null;
        const weights = await context.weights();
        return weights.sha256 === weightsSha256 ? weights : null;
      },
    }),
  }),
});

builder.objectField(Transfer, "enlargedFrom", (t) =>
  t.field({
    type: Transfer,
    nullable: true,
    description: "The painting that it paints larger; null where there is none, or none that the caller can see.",
    resolve: ({ enlargedFromId }, _args, { transfers }) =>
      enlargedFromId === undefined ? null : transfers.get(enlargedFromId),
  }));

/** An image of a transfer. @throws {GramcastError} NOT_FOUND when it is gone. */
export async function imageOf({ transfers }: Context, id: string): Promise<ImageRecord> {
  const image = await transfers.images.get(id);
  if (!image) throw new GramcastError("NOT_FOUND", `Cannot find image ${quoted(id)}: it has been removed`);
  return image;
}

/** A page of transfers. */
export const TransferConnection = connectionOf<TransferRecord, Page<TransferRecord>>("Transfer", Transfer, {
  one: "A transfer",
  page: "A page of transfers.",
  backward: true,
});
builder.objectField(
  TransferConnection,
  "totalCount",
  (t) => t.exposeInt("totalCount", { description: "Number of transfers in the whole list." }),
);

findNodesOf("Transfer", ({ transfers }, id) => transfers.get(id));

builder.queryField("transfer", (t) =>
  t.field({
    type: Transfer,
    nullable: true,
    description: "One transfer, or null if the caller can see none with this id.",
    args: { id: t.arg.id({ required: true, description: "Id of the transfer." }) },
    resolve: (_root, { id }, { transfers }) => transfers.get(id),
  }));

builder.queryField("transfers", (t) =>
  t.field({
    type: TransferConnection,
    complexity: pageComplexity,
    description: "The caller's transfers, newest first.",
    args: {
      first: t.arg.int({ description: "Most entries from the start, 0 to 100; 20 when neither is given." }),
      after: t.arg.string({ description: "Only entries after this cursor." }),
      last: t.arg.int({ description: "Most entries from the end, 0 to 100; not together with `first`." }),
      before: t.arg.string({ description: "Only entries before this cursor." }),
      status: t.arg({
        type: [TransferStatus],
        description: "Only transfers with one of these statuses; default: all.",
      }),
      allOwners: t.arg.boolean({
        defaultValue: false,
        description: "Also those of other owners; admins only.",
      }),
    },
    resolve: (_root, args, { transfers }) => transfers.list(args),
  }));
