import type { Retuning } from "../engine/options/options.ts";
import { TUNABLES } from "../engine/options/retune.ts";
import { MAX_STEPS, OPTIONS } from "../engine/options/table.ts";
import { checkNumber, optional } from "../values.ts";
import type { TransferRecord } from "../transfers/types.ts";
import { builder } from "./builder.ts";
import { inputField, type InputFieldsOf } from "./option_types.ts";
import { Transfer } from "./transfer.ts";

const RetuneInput = builder.inputRef<Retuning>("RetuneInput").implement({
  description: "New values of options that can change while a transfer runs; the others stay. Give at least one.",
  fields: (t) =>
    Object.fromEntries(TUNABLES.map(({ name, entry }) => [name, inputField(t, entry)])) as InputFieldsOf<Retuning>,
});

const CancelTransferPayload = payload("CancelTransferPayload", "The result of cancelTransfer.");
const ResumeTransferPayload = payload("ResumeTransferPayload", "The result of resumeTransfer.");
const RetuneTransferPayload = payload("RetuneTransferPayload", "The result of retuneTransfer.");
const DeleteTransferPayload = builder.objectRef<{ readonly id: string }>("DeleteTransferPayload").implement({
  description: "The result of deleteTransfer.",
  fields: (t) => ({ id: t.exposeID("id", { description: "Id of the deleted transfer." }) }),
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
      "Stop a queued or running transfer; its newest picture is kept. Cancelling an ended transfer does nothing and is no error.",
    args: { id: t.arg.id({ required: true, description: "Id of the transfer." }) },
    resolve: async (_root, { id }, { transfers }) => ({ transfer: await transfers.cancel(id) }),
  }));

builder.mutationField("resumeTransfer", (t) =>
  t.field({
    type: ResumeTransferPayload,
    description: "Continue an ended transfer from its last checkpoint, optimiser state included, for `steps` more.",
    args: {
      id: t.arg.id({ required: true, description: "Id of the transfer." }),
      steps: t.arg.int({
        description: `Additional steps, 1 to ${MAX_STEPS}; default: those that it had left.`,
      }),
    },
    resolve: async (_root, { id, steps }, { transfers }) => ({
      transfer: await transfers.resume(
        id,
        optional(steps, (steps) => checkNumber("steps", OPTIONS.steps.value, steps)),
      ),
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
    resolve: async (_root, { id, input }, { transfers }) => {
      // GraphQL leaves out what was not given; no member is there with the value undefined.
      return { transfer: await transfers.retune(id, input as Retuning) };
    },
  }));

builder.mutationField("deleteTransfer", (t) =>
  t.field({
    type: DeleteTransferPayload,
    description: "Delete an ended transfer and its images.",
    args: { id: t.arg.id({ required: true, description: "Id of the transfer." }) },
    resolve: async (_root, { id }, { access, transfers }) => {
      await transfers.remove(id);
      await access.shares.revoke(id);
      return { id };
    },
  }));
