import { frameOfStep, framesIn } from "../engine/options/moving_schedule.ts";
import { workDone } from "../engine/descent/work_done.ts";
import type { PageRequest, ProgressItem } from "../transfers/api.ts";
import { LIMITS } from "../limits.ts";
import { builder } from "./builder.ts";
import { QUEUE_COST } from "./costs.ts";
import { Frame } from "./frame.ts";
import { Losses } from "./losses.ts";
import { idOf, NEWEST } from "./newest.ts";
import { Transfer, TransferError, TransferStatus } from "./transfer.ts";

/** One thing that happened to a transfer. */
export const TransferProgress = builder.objectRef<ProgressItem>("TransferProgress").implement({
  description: "One thing that happened to a transfer.",
  fields: (t) => ({
    sequence: t.int({
      description: "Position in the transfer's event log; pass the last one seen as `after` to resume without a gap.",
      resolve: ({ event }) => event.sequence,
    }),
    at: t.field({ type: "DateTime", description: "When it happened.", resolve: ({ event }) => event.at }),
    transfer: t.field({
      type: Transfer,
      description: "The transfer as it is now, which may be newer than this event.",
      resolve: ({ transfer }) => transfer,
    }),
    status: t.field({
      type: TransferStatus,
      description: "Status after this event.",
      resolve: ({ event }) => event.status,
    }),
    step: t.int({
      description: "Steps taken, over all scales and frames of the content.",
      resolve: ({ event }) => event.step,
    }),
    steps: t.int({
      description: "Steps in all, over all scales and frames of the content.",
      resolve: ({ event }) => event.steps,
    }),
    contentFrame: t.int({
      description: "Which frame of the content `step` painted, counted from 1.",
      resolve: ({ event, transfer }) => frameOfStep(transfer.options, event.step).frame + 1,
    }),
    contentFrames: t.int({
      description: "Frames of the content that are painted: 1, unless it was started with `moving` and has several.",
      resolve: ({ transfer }) => framesIn(transfer.options),
    }),
    progress: t.float({
      description: "Share of the work that is done, 0 to 1: a step at a coarse scale counts for less.",
      resolve: ({ event, transfer }) => workDone(transfer.options, event.step),
    }),
    losses: t.field({
      type: Losses,
      nullable: true,
      description: "The losses of this step; null in events that only change the status.",
      resolve: ({ event }) => event.losses,
    }),
    frame: t.field({
      type: Frame,
      nullable: true,
      description: "The image after `step`; null if this event carries none. Encoded only if it is selected.",
      resolve: ({ frame }) => frame,
    }),
    skippedFrames: t.exposeInt("skippedFrames", {
      description: "Frames skipped since the last event that carried one, because this subscriber was too slow.",
    }),
    secondsPerStep: t.float({
      nullable: true,
      description: "Seconds per step, averaged over the latest; null before the first.",
      resolve: ({ event }) => event.secondsPerStep,
    }),
    etaSeconds: t.float({
      nullable: true,
      complexity: QUEUE_COST,
      description: "Seconds until the transfer ends; null when unknown or ended.",
      resolve: ({ transfer }, _args, { transfers }) => transfers.etaSeconds(transfer),
    }),
    error: t.field({
      type: TransferError,
      nullable: true,
      description: "Why it failed; null unless status is FAILED.",
      resolve: ({ event }) => event.failure,
    }),
  }),
});

builder.subscriptionField("transferProgress", (t) =>
  t.field({
    type: TransferProgress,
    complexity: { field: 1, multiplier: 1 },
    description:
      "Everything that happens to a transfer. First a snapshot of the present state or, with `after`, every event since that sequence number; then live " +
      "events; it completes after the event that ends the transfer. Status and loss events are never lost. Events that carry a frame are " +
      "latest-wins: a slow subscriber skips frames, and skippedFrames says how many.",
    args: {
      id: t.arg.id({
        required: true,
        description: `Id of the transfer; \`${NEWEST}\` for the one that the caller started last.`,
      }),
      after: t.arg.int({ description: "Sequence number of the last event seen; 0 for all from the first." }),
      minInterval: t.arg.int({
        defaultValue: 0,
        description:
          `At least this many milliseconds between two events, except before the last; 0 to ${LIMITS.minInterval.maximum}.`,
      }),
    },
    subscribe: async (_root, { id, after, minInterval }, { transfers }) => {
      const request = { after: after ?? null, minInterval: minInterval ?? 0 };
      const list = (page: PageRequest) => transfers.list(page);
      return transfers.progress(await idOf(id, { what: "transfer", start: "startTransfer", list }), request);
    },
    resolve: async (item, _args, context) => {
      await context.nextEvent();
      return item;
    },
  }));
