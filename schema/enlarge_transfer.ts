import { MAX_STEPS, OPTIONS } from "../engine/options/table.ts";
import { LIMITS } from "../limits.ts";
import { builder } from "./builder.ts";
import { START_COST } from "./costs.ts";
import { inputTypeOf } from "./option_types.ts";
import { StartTransferPayload } from "./start_transfer.ts";

builder.mutationField("enlargeTransfer", (t) =>
  t.field({
    type: StartTransferPayload,
    complexity: START_COST,
    description:
      "Paint a finished painting larger: a new transfer that begins with it, with its pictures and options, at the new size alone. Its strokes stay as large as they are relative to it, and are painted in more detail. More than twice the size is reached in steps of twice.",
    args: {
      id: t.arg.id({ required: true, description: "Id of the transfer; it has SUCCEEDED." }),
      input: t.arg({
        type: inputTypeOf(OPTIONS.fit.value),
        required: true,
        defaultValue: { scale: 2 },
        description: "How large, more than it is: `scale` is relative to the painting.",
      }),
      steps: t.arg.int({
        description: `Steps at each new size, 1 to ${MAX_STEPS}; default: as many as the painting had at its last.`,
      }),
      idempotencyKey: t.arg.string({
        description:
          `As in StartTransferInput, ${LIMITS.idempotencyKey.shortest} to ${LIMITS.idempotencyKey.longest} characters.`,
      }),
    },
    resolve: (_root, { id, input, steps, idempotencyKey }, { transfers }) =>
      transfers.enlarge(id, { fit: input, steps: steps ?? null, idempotencyKey: idempotencyKey ?? null }),
  }));
