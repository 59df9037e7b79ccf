import type { TransferRequest } from "../engine/options/options.ts";
import { resolveOptions, within } from "../engine/options/resolve.ts";
import { GramcastError } from "../errors.ts";
import type { CostEstimate, StartRequest } from "../transfers/api.ts";
import type { TransferRecord } from "../transfers/types.ts";
import { bounded, boundedText } from "./arguments.ts";
import { builder } from "./builder.ts";
import type { Context } from "./context.ts";
import { INTAKE_COST } from "./costs.ts";
import { type ImageInputValue, resolveImage } from "./image_input.ts";
import { Transfer } from "./transfer.ts";
import { StartTransferInput, type StartTransferValue } from "./transfer_inputs.ts";

const MAX_STYLES = 8;
const MAX_STYLE_WEIGHT = 1e6;
const MAX_PRIORITY = 100;
const MAX_KEY_LENGTH = 255;

const StartTransferPayload = builder.objectRef<{ readonly transfer: TransferRecord }>("StartTransferPayload").implement(
  {
    description: "What startTransfer has started.",
    fields: (t) => ({
      transfer: t.field({
        type: Transfer,
        description: "The new transfer, or the earlier one of the same idempotencyKey.",
        resolve: ({ transfer }) => transfer,
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
      description: "Seconds of work at this scale on this machine; null before its rate has been measured.",
    }),
    memoryBytes: t.exposeFloat("memoryBytes", {
      description: "Memory of the engine at this scale at its largest, in bytes.",
    }),
    flopsPerStep: t.exposeFloat("flopsPerStep", {
      description: "Floating-point operations of one step at this scale.",
    }),
  }),
});

const Estimate = builder.objectRef<CostEstimate>("Estimate").implement({
  description: "What a transfer would cost.",
  fields: (t) => ({
    seconds: t.exposeFloat("seconds", {
      nullable: true,
      description: "Seconds of work on this machine; null before its rate has been measured.",
    }),
    memoryBytes: t.exposeFloat("memoryBytes", { description: "Memory of the engine at its largest, in bytes." }),
    flopsPerStep: t.exposeFloat("flopsPerStep", {
      description: "Floating-point operations of one step at the last scale.",
    }),
    steps: t.exposeInt("steps", { description: "Steps over all scales." }),
    fits: t.exposeBoolean("fits", { description: "Whether it fits into the memory that the engine may take." }),
    scales: t.field({
      type: [ScaleEstimate],
      complexity: { field: 1, multiplier: 5 },
      description: "Scale by scale, from coarse to fine.",
      resolve: ({ scales }) => scales,
    }),
  }),
});

builder.mutationField("startTransfer", (t) =>
  t.field({
    type: StartTransferPayload,
    complexity: ({ input }) => intakeCost(input),
    description: "Begin to repaint a picture, or queue it behind others.",
    args: { input: t.arg({ type: StartTransferInput, required: true, description: "The transfer." }) },
    resolve: async (_root, { input }, context) => ({
      transfer: await context.transfers.start(context.owner, await startRequest(context, input)),
    }),
  }));

builder.queryField("estimate", (t) =>
  t.field({
    type: Estimate,
    complexity: ({ input }) => intakeCost(input),
    description: "What a transfer would cost, before it is started.",
    args: { input: t.arg({ type: StartTransferInput, required: true, description: "The transfer." }) },
    resolve: async (_root, { input }, context) =>
      context.transfers.estimate(context.owner, await startRequest(context, input)),
  }));

/** Each picture of a request has to be fetched, checked and decoded. */
function intakeCost(input: StartTransferValue): number {
  const styles = input.styles.reduce((sum, style) => sum + (style.mask ? 2 : 1), 0);
  return INTAKE_COST * (1 + styles + (input.contentMask ? 1 : 0) + (input.init?.image ? 1 : 0));
}

/**
 * Takes in the pictures of a request, after everything else in it has been checked.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field at fault, or what `resolveImage` throws.
 */
export async function startRequest(context: Context, input: StartTransferValue): Promise<StartRequest> {
  const options = checkOptions(input);
  const take = async (image: ImageInputValue | null | undefined, field: string) =>
    image ? (await resolveImage(context, image, field)).id : null;
  // One after the other: at most one picture is in memory, and the first that is wrong is the one that is reported.
  const contentId = (await resolveImage(context, input.content, "content")).id;
  const styles: { imageId: string; weight: number; maskId: string | null }[] = [];
  for (const [i, style] of input.styles.entries()) {
    const imageId = (await resolveImage(context, style.image, `styles.${i}.image`)).id;
    styles.push({ imageId, weight: style.weight ?? 1, maskId: await take(style.mask, `styles.${i}.mask`) });
  }
  return {
    ...options,
    contentId,
    styles,
    contentMaskId: await take(input.contentMask, "contentMask"),
    initImageId: await take(input.init?.image, "init.image"),
    priority: input.priority ?? 0,
    idempotencyKey: input.idempotencyKey ?? null,
  };
}

/** Checks everything that can be checked without a picture, so that nothing is fetched or kept for a wrong request. */
function checkOptions(input: StartTransferValue): TransferRequest {
  const { content: _, styles, contentMask: _mask, priority, idempotencyKey, ...rest } = input;
  if (styles.length < 1 || styles.length > MAX_STYLES) {
    throw invalid("styles", `Cannot use ${styles.length} styles: wanted 1 to ${MAX_STYLES}`);
  }
  styles.forEach(({ weight }, i) => within(`styles.${i}.weight`, weight ?? 1, 0, MAX_STYLE_WEIGHT));
  if (styles.every(({ weight }) => weight === 0)) {
    throw invalid("styles", "Cannot use styles whose weights are all 0: wanted one above 0");
  }
  bounded("priority", priority, -MAX_PRIORITY, MAX_PRIORITY);
  boundedText("idempotencyKey", idempotencyKey, 1, MAX_KEY_LENGTH);
  const { init } = input;
  if (init?.kind === "IMAGE" && !init.image) {
    throw invalid("init.image", "Cannot start from an image: found none, wanted init.image with kind IMAGE");
  }
  if (init?.image && init.kind !== "IMAGE") {
    throw invalid("init.kind", `Cannot use init.image with kind ${init.kind}: wanted kind IMAGE`);
  }
  // GraphQL leaves out what was not given; no member is there with the value undefined.
  const request = { ...rest, init: init ? { kind: init.kind, noise: init.noise ?? null } : null } as TransferRequest;
  // The ranges do not depend on the picture's size; the transfers layer resolves the options again with it.
  resolveOptions(request, { width: 1, height: 1 }, 0);
  return request;
}

function invalid(field: string, message: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", message, { field });
}
