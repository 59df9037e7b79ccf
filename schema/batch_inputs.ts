import { OPTION_NAMES } from "../engine/options/table.ts";
import { DEFAULT_PRESET } from "../engine/options/options.ts";
import { LIMITS } from "../limits.ts";
import { builder } from "./builder.ts";
import { ImageInput } from "./image_input.ts";
import { type InputFields, inputFields } from "./option_types.ts";
import { from, StyleInput } from "./transfer_inputs.ts";
import { PresetName } from "./transfer_options.ts";

/** What a transfer of a batch can be asked beside its pictures. */
function optionFields(t: InputFields) {
  return {
    preset: t.field({
      type: PresetName,
      description: `The source of all options that are not given; default: ${DEFAULT_PRESET}.`,
    }),
    ...inputFields(t, OPTION_NAMES),
    contentMask: t.field({ type: ImageInput, description: "As StartTransferInput.contentMask." }),
  };
}

const BatchOptionsInput = builder.inputType("BatchOptionsInput", {
  description: "Options of all transfers of a batch.",
  fields: optionFields,
});

const BatchVariationInput = builder.inputType("BatchVariationInput", {
  description:
    "One way to paint each content with each group of styles: what is given here takes the place of what `base` says, also null, for the preset's own.",
  fields: (t) => ({
    name: t.string({
      description:
        `What it is called, as beside a grid: ${LIMITS.variationName.shortest} to ${LIMITS.variationName.longest} characters.`,
    }),
    ...optionFields(t),
  }),
});

/** Everything that may be said about a new batch. */
export const StartBatchInput = builder.inputType("StartBatchInput", {
  description:
    `A new batch: every content with every group of styles under every variation, ${LIMITS.batch.maximum} transfers at most.`,
  fields: (t) => ({
    contents: t.field({ type: [ImageInput], required: true, description: "The pictures that are repainted." }),
    styles: t.field({
      type: t.listRef(t.listRef(StyleInput)),
      required: true,
      description: `Groups of styles: the pictures of a group are used together, ${from(LIMITS.styles)} of them.`,
    }),
    variations: t.field({
      type: [BatchVariationInput],
      description: "Ways to paint each of them; default: one, as `base` says.",
    }),
    base: t.field({ type: BatchOptionsInput, description: "Options of all, but where a variation says otherwise." }),
    priority: t.int({
      defaultValue: 0,
      description: `As StartTransferInput.priority, of all of its transfers, ${from(LIMITS.priority)}.`,
    }),
    idempotencyKey: t.string({
      description:
        `The same key from the same caller starts one batch only; a repeated call returns it. ${LIMITS.idempotencyKey.shortest} to ${LIMITS.idempotencyKey.longest} characters; keys of transfers are apart.`,
    }),
  }),
});

export type StartBatchValue = typeof StartBatchInput.$inferInput;
export type BatchOptionsValue = typeof BatchOptionsInput.$inferInput;
