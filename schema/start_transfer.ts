import type { TransferRequest } from "../engine/options/options.ts";
import type { CostEstimate, ImageIntake, Started, StartRequest } from "../transfers/api.ts";
import { checkStartRequest } from "../transfers/life/start_request.ts";
import { builder } from "./builder.ts";
import type { Context } from "./context.ts";
import { START_COST } from "./costs.ts";
import { costOfPictures, givenStyles, PictureIntake, picturesOfStyles } from "./picture_intake.ts";
import { optional } from "../values.ts";
import { Transfer } from "./transfer.ts";
import { StartTransferInput, type StartTransferValue } from "./transfer_inputs.ts";

/** What starting a transfer answers, in whichever way. */
export const StartTransferPayload = builder.objectRef<Started>("StartTransferPayload").implement(
  {
    description: "The result of startTransfer, and of enlargeTransfer.",
    fields: (t) => ({
      transfer: t.field({
        type: Transfer,
        description: "The new transfer, or the earlier one of the same idempotencyKey.",
        resolve: ({ transfer }) => transfer,
      }),
      webhookSecret: t.exposeString("webhookSecret", {
        nullable: true,
        description:
          "What signs what the webhook of this input is told; told here and never again. Null without one, and for an earlier transfer: rotateWebhookSecret gives it another.",
      }),
    }),
  },
);

const ScaleEstimate = builder.objectRef<CostEstimate["scales"][number]>("ScaleEstimate").implement({
  description: "What one scale of a transfer would cost.",
  fields: (t) => ({
    size: t.exposeInt("size", { description: "Longest side in pixels." }),
    steps: t.exposeInt("steps", { description: "Steps at this scale." }),
    seconds: t.exposeFloat("seconds", {
      nullable: true,
      description: "Seconds that this scale takes on this machine; null until the machine's speed has been measured.",
    }),
    memoryBytes: t.exposeFloat("memoryBytes", {
      description: "Peak memory of the engine at this scale, in bytes.",
    }),
    flopsPerStep: t.exposeFloat("flopsPerStep", {
      description: "Floating-point operations of one step at this scale.",
    }),
  }),
});

export const Estimate = builder.objectRef<CostEstimate>("Estimate").implement({
  description: "What a transfer would cost.",
  fields: (t) => ({
    seconds: t.exposeFloat("seconds", {
      nullable: true,
      description: "Seconds it takes on this machine; null until the machine's speed has been measured.",
    }),
    memoryBytes: t.exposeFloat("memoryBytes", { description: "Peak memory of the engine, in bytes." }),
    flopsPerStep: t.exposeFloat("flopsPerStep", {
      description: "Floating-point operations of one step at the last scale.",
    }),
    steps: t.exposeInt("steps", { description: "Steps over all scales and frames of the content." }),
    contentFrames: t.exposeInt("contentFrames", { description: "Frames of the content that are painted." }),
    fits: t.exposeBoolean("fits", { description: "Whether it fits into the memory that the engine may use." }),
    scales: t.field({
      type: [ScaleEstimate],
      complexity: { field: 1, multiplier: 5 },
      description:
        "Scale by scale, from coarse to fine, of the first frame of the content; each later one takes half of the steps of the last.",
      resolve: ({ scales }) => scales,
    }),
  }),
});

builder.mutationField("startTransfer", (t) =>
  t.field({
    type: StartTransferPayload,
    complexity: ({ input }) => START_COST + intakeCost(input),
    description: "Start repainting a picture, or queue it behind other transfers.",
    args: { input: t.arg({ type: StartTransferInput, required: true, description: "The transfer." }) },
    resolve: async (_root, { input }, context) => {
      await using intake = context.transfers.images.intake();
      return await context.transfers.start(await startRequest(context, intake, input));
    },
  }));

builder.queryField("estimate", (t) =>
  t.field({
    type: Estimate,
    complexity: ({ input }) => intakeCost(input),
    description: "What a transfer would cost, without starting it.",
    args: { input: t.arg({ type: StartTransferInput, required: true, description: "The transfer." }) },
    resolve: async (_root, { input }, context) => {
      await using intake = context.transfers.images.intake();
      return await context.transfers.estimate(await startRequest(context, intake, input));
    },
  }));

function intakeCost({ content, styles, contentMask, init }: StartTransferValue): number {
  return costOfPictures([content, contentMask, init?.image, ...picturesOfStyles(styles)]);
}

/**
 * Takes in the pictures of a request, after everything else in it has been checked.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field at fault, or what `resolveImage` throws.
 */
async function startRequest(
  context: Context,
  intake: ImageIntake,
  input: StartTransferValue,
): Promise<StartRequest> {
  const { content, styles: given, contentMask, init, priority, idempotencyKey, webhook, ...rest } = input;
  const styles = givenStyles(given);
  const asked = {
    // GraphQL leaves out what was not given; no member is there with the value undefined.
    ...rest as TransferRequest,
    init: init ? { kind: init.kind, noise: init.noise ?? null } : null,
    priority: priority ?? 0,
    idempotencyKey: idempotencyKey ?? null,
  };
  // Before the pictures, so that nothing is fetched or kept for a wrong request.
  checkStartRequest(asked, styles, Boolean(init?.image));
  const told = optional(webhook, (webhook) => context.transfers.webhooks.check(webhook, "webhook."));
  // One after the other: at most one picture is in memory, and the first that is wrong is the one that is reported.
  const pictures = new PictureIntake(context, intake);
  return {
    ...asked,
    contentId: await pictures.take(content, "content"),
    styles: await pictures.takeStyles(styles, "styles"),
    contentMaskId: await pictures.takeOptional(contentMask, "contentMask"),
    initImageId: await pictures.takeOptional(init?.image, "init.image"),
    webhook: told,
  };
}
