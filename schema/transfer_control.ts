import type { Retuning } from "../engine/options/options.ts";
import { MAX_STEPS, within } from "../engine/options/resolve.ts";
import { GramcastError } from "../errors.ts";
import type { TransferRecord } from "../transfers/types.ts";
import { bounded } from "./arguments.ts";
import { builder } from "./builder.ts";
import { Transfer } from "./transfer.ts";

const RetuneInput = builder.inputType("RetuneInput", {
  description: "New weights of a running transfer; what is left out stays. At least one is wanted.",
  fields: (t) => ({
    contentWeight: t.float({ description: "Factor on the content loss, 0 to 1e12; without unit." }),
    styleWeight: t.float({ description: "Factor on the style loss, 0 to 1e12; without unit." }),
    tvWeight: t.float({ description: "Factor on the total variation, 0 to 1e12; without unit." }),
    learningRate: t.float({
      description: "ADAM: step in pixel values (0-255). LBFGS: factor on the quasi-Newton step. 1e-6 to 1000.",
    }),
  }),
});

const CancelTransferPayload = payload("CancelTransferPayload", "What cancelTransfer has stopped.");
const ResumeTransferPayload = payload("ResumeTransferPayload", "What resumeTransfer has taken up again.");
const RetuneTransferPayload = payload("RetuneTransferPayload", "What retuneTransfer has changed.");
const DeleteTransferPayload = builder.objectRef<{ readonly id: string }>("DeleteTransferPayload").implement({
  description: "What deleteTransfer has removed.",
  fields: (t) => ({ id: t.exposeID("id", { description: "Id that the transfer had." }) }),
});

function payload(name: string, description: string) {
  return builder.objectRef<{ readonly transfer: TransferRecord }>(name).implement({
    description,
    fields: (t) => ({
      transfer: t.field({
        type: Transfer,
        description: "The transfer as it is now.",
        resolve: ({ transfer }) => transfer,
      }),
    }),
  });
}

builder.mutationField("cancelTransfer", (t) =>
  t.field({
    type: CancelTransferPayload,
    description:
      "Stop a queued or running transfer; what it has reached is kept. Cancelling an ended transfer changes nothing and is no error.",
    args: { id: t.arg.id({ required: true, description: "Id of the transfer." }) },
    resolve: async (_root, { id }, { owner, transfers }) => ({ transfer: await transfers.cancel(owner, id) }),
  }));

builder.mutationField("resumeTransfer", (t) =>
  t.field({
    type: ResumeTransferPayload,
    description: "Go on from the last checkpoint of an ended transfer, optimiser state included, for `steps` more.",
    args: {
      id: t.arg.id({ required: true, description: "Id of the transfer." }),
      steps: t.arg.int({
        description: `Steps more than it has taken, 1 to ${MAX_STEPS}; left out, what is missing from those asked for.`,
      }),
    },
    resolve: async (_root, { id, steps }, { owner, transfers }) => ({
      transfer: await transfers.resume(owner, id, bounded("steps", steps, 1, MAX_STEPS)),
    }),
  }));

builder.mutationField("retuneTransfer", (t) =>
  t.field({
    type: RetuneTransferPayload,
    description: "Change the weights of a transfer while it runs; they take effect at its next step.",
    args: {
      id: t.arg.id({ required: true, description: "Id of the transfer." }),
      input: t.arg({ type: RetuneInput, required: true, description: "The new weights." }),
    },
    resolve: async (_root, { id, input }, { owner, transfers }) => {
      return { transfer: await transfers.retune(owner, id, checkedRetuning(input)) };
    },
  }));

function checkedRetuning(input: typeof RetuneInput.$inferInput): Retuning {
  for (const field of ["contentWeight", "styleWeight", "tvWeight"] as const) {
    within(`input.${field}`, input[field] ?? 0, 0, 1e12);
  }
  within("input.learningRate", input.learningRate ?? 1, 1e-6, 1e3);
  if (Object.values(input).every((value) => value === null || value === undefined)) {
    throw new GramcastError("BAD_USER_INPUT", "Cannot retune without a value: wanted at least one weight", {
      field: "input",
    });
  }
  // GraphQL leaves out what was not given; no member is there with the value undefined.
  return input as Retuning;
}

builder.mutationField("deleteTransfer", (t) =>
  t.field({
    type: DeleteTransferPayload,
    description: "Remove an ended transfer with its images.",
    args: { id: t.arg.id({ required: true, description: "Id of the transfer." }) },
    resolve: async (_root, { id }, { owner, transfers }) => {
      await transfers.remove(owner, id);
      return { id };
    },
  }));
