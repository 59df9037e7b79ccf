import type { TransferRequest } from "../engine/options/options.ts";
import { GramcastError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { BatchRequest, BatchVariation, CostEstimate, ImageIntake } from "../transfers/api.ts";
import { checkBatch } from "../transfers/life/batch_request.ts";
import type { BatchRecord } from "../transfers/types.ts";
import { Batch } from "./batch.ts";
import { type BatchOptionsValue, StartBatchInput, type StartBatchValue } from "./batch_inputs.ts";
import { builder } from "./builder.ts";
import type { Context } from "./context.ts";
import { CELL_COST, START_COST } from "./costs.ts";
import { costOfPictures, givenStyles, PictureIntake, picturesOfStyles } from "./picture_intake.ts";
import { Estimate } from "./start_transfer.ts";

type Variation = NonNullable<StartBatchValue["variations"]>[number];

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
    complexity: ({ input }) => START_COST + CELL_COST * Math.max(0, cellsOf(input) - 1) + intakeCost(input),
    description:
      "Start every content with every group of styles under every variation: all of these transfers, or none. Each runs, is told of by webhooks and counts as any other. Those that name no seed share one.",
    args: { input: t.arg({ type: StartBatchInput, required: true, description: "The batch." }) },
    resolve: (_root, { input }, context) =>
      withRequest(context, input, async (request) => ({ batch: await context.transfers.batches.start(request) })),
  }));

const BatchEstimate = builder.objectRef<readonly CostEstimate[]>("BatchEstimate").implement({
  description: "What a batch would cost.",
  fields: (t) => ({
    count: t.int({ description: "Transfers that it would start.", resolve: ({ length }) => length }),
    seconds: t.float({
      nullable: true,
      description:
        "Seconds that all of them take on this machine, one after the other; null until the machine's speed has been measured.",
      resolve: (transfers) => sumOf(transfers.map(({ seconds }) => seconds)),
    }),
    memoryBytes: t.float({
      description: "Peak memory of the engine, in bytes: that of the one that needs most.",
      resolve: (transfers) => Math.max(...transfers.map(({ memoryBytes }) => memoryBytes)),
    }),
    steps: t.int({
      description: "Steps of all of them, over all scales and frames of the contents.",
      resolve: (transfers) => transfers.reduce((sum, { steps }) => sum + steps, 0),
    }),
    fits: t.boolean({
      description: "Whether each of them fits into the memory that the engine may use: if not, none is started.",
      resolve: (transfers) => transfers.every(({ fits }) => fits),
    }),
    transfers: t.field({
      type: [Estimate],
      complexity: { field: 1, multiplier: 1 },
      description: "What each of them would cost, by content, then by styles, then by variation.",
      resolve: (transfers) => transfers,
    }),
  }),
});

builder.queryField("estimateBatch", (t) =>
  t.field({
    type: BatchEstimate,
    // What is selected of each transfer counts for each.
    complexity: ({ input }) => ({
      field: CELL_COST * cellsOf(input) + intakeCost(input),
      multiplier: Math.min(Math.max(cellsOf(input), 1), LIMITS.batch.maximum),
    }),
    description: "What a batch would cost, without starting any of it.",
    args: { input: t.arg({ type: StartBatchInput, required: true, description: "The batch." }) },
    resolve: (_root, { input }, context) =>
      withRequest(context, input, (request) => context.transfers.batches.estimate(request)),
  }));

/** Null where one of them is not known. */
function sumOf(seconds: readonly (number | null)[]): number | null {
  return seconds.reduce((sum, each) => sum === null || each === null ? null : sum + each, 0);
}

function cellsOf({ contents, styles, variations }: StartBatchValue): number {
  return contents.length * styles.length * (variations?.length ?? 1);
}

function intakeCost({ contents, styles, base, variations }: StartBatchValue): number {
  const ofOptions = [base, ...variations ?? []].flatMap((options) => [options?.contentMask, options?.init?.image]);
  return costOfPictures([...contents, ...picturesOfStyles(styles.flat()), ...ofOptions]);
}

/** Does something with what is asked for, whose pictures are held meanwhile. */
async function withRequest<T>(
  context: Context,
  input: StartBatchValue,
  work: (request: BatchRequest) => Promise<T>,
): Promise<T> {
  await using intake = context.transfers.images.intake();
  try {
    return await work(await batchRequest(context, intake, input));
  } catch (error) {
    throw namedWhereGiven(input, error);
  }
}

/**
 * Takes in the pictures of a batch, each once, after everything else in it has been checked.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field at fault, or what `resolveImage` throws.
 */
async function batchRequest(context: Context, intake: ImageIntake, input: StartBatchValue): Promise<BatchRequest> {
  const { contents, base, variations, priority, idempotencyKey } = input;
  const styles = input.styles.map(givenStyles);
  const given = (variations ?? [{}]).map((variation): Variation => ({ ...base, ...variation }));
  const asked = { priority: priority ?? 0, idempotencyKey: idempotencyKey ?? null };
  const options = given.map(({ contentMask: _, init, name, ...rest }) => ({
    // GraphQL leaves out what was not given; no member is there with the value undefined.
    ...rest as TransferRequest,
    init: init ? { kind: init.kind, noise: init.noise ?? null } : null,
    name: name ?? null,
  }));
  // Before the pictures, so that nothing is fetched or kept for a wrong request.
  checkBatch({
    contents,
    styles,
    variations: options.map((each, i) => ({ ...each, hasInitImage: Boolean(given[i]!.init?.image) })),
    ...asked,
  });
  const pictures = new PictureIntake(context, intake);
  const contentIds: string[] = [];
  for (const [i, content] of contents.entries()) contentIds.push(await pictures.take(content, `contents.${i}`));
  const groups: BatchRequest["styles"][number][] = [];
  for (const [i, group] of styles.entries()) groups.push(await pictures.takeStyles(group, `styles.${i}`));
  const taken: BatchVariation[] = [];
  for (const [i, each] of options.entries()) {
    const { contentMask, init } = given[i]!;
    taken.push({
      ...each,
      contentMaskId: await pictures.takeOptional(contentMask, `variations.${i}.contentMask`),
      initImageId: await pictures.takeOptional(init?.image, `variations.${i}.init.image`),
    });
  }
  return { contents: contentIds, styles: groups, variations: taken, ...asked };
}

/** Has an error name `base` where a variation has what is wrong from there. */
function namedWhereGiven({ base, variations }: StartBatchValue, error: unknown): unknown {
  if (!(error instanceof GramcastError)) return error;
  const [, index, field] = /^variations\.(\d+)\.(.+)$/.exec(error.field ?? "") ?? [];
  if (field === undefined) return error;
  const name = field.split(".")[0] as keyof BatchOptionsValue;
  const own = variations?.[Number(index)];
  if (own !== undefined && (name in own || !(base && name in base))) return error;
  const { code, message, details } = error;
  return new GramcastError(code, message, { field: `base.${field}`, cause: error, details });
}
