import { DEFAULT_PRESET } from "../engine/options/options.ts";
import { OPTION_NAMES } from "../engine/options/table.ts";
import { LIMITS } from "../limits.ts";
import { builder } from "./builder.ts";
import { ImageInput } from "./image_input.ts";
import { inputFields } from "./option_types.ts";
import { PresetName } from "./transfer_options.ts";
import { WebhookInput } from "./webhook_input.ts";

/** The ends of a limit, in words. */
export const from = ({ minimum, maximum }: { readonly minimum: number; readonly maximum: number }) =>
  `${minimum} to ${maximum}`;

/** A picture whose style is taken, as a caller gives it. */
export const StyleInput = builder.inputType("StyleInput", {
  description: "A picture whose style is taken.",
  fields: (t) => ({
    image: t.field({ type: ImageInput, required: true, description: "The picture." }),
    weight: t.float({
      defaultValue: 1,
      description: `Its share among the styles, ${from(LIMITS.styleWeight)}.`,
    }),
    scale: t.float({
      defaultValue: 1,
      description: `How large its picture is looked at, times \`styleScale\`, ${
        from(LIMITS.styleScale)
      }: 2 makes its strokes twice as broad.`,
    }),
    mask: t.field({
      type: ImageInput,
      description:
        "Where in the result this style goes: white counts, black does not. Scaled to the result; a picture of one colour on transparency is a mask by its alpha.",
    }),
    region: t.field({
      type: ImageInput,
      description:
        "Which part of the style picture counts: white counts, black does not. Scaled to the style picture; what is transparent in that never counts.",
    }),
  }),
});

export type StyleInputValue = typeof StyleInput.$inferInput;

/** Everything that may be said about a new transfer. */
export const StartTransferInput = builder.inputType("StartTransferInput", {
  description: "A new transfer: its pictures, and the options that differ from the preset's.",
  fields: (t) => ({
    content: t.field({ type: ImageInput, required: true, description: "The picture that is repainted." }),
    styles: t.field({
      type: [StyleInput],
      required: true,
      description: `The pictures whose style it takes on, ${from(LIMITS.styles)} pictures.`,
    }),
    preset: t.field({
      type: PresetName,
      defaultValue: DEFAULT_PRESET,
      description: "The source of all options that are not given.",
    }),
    ...inputFields(t, OPTION_NAMES),
    contentMask: t.field({
      type: ImageInput,
      description:
        "Where the content counts: white parts are kept as contentWeight says, black ones are repainted freely.",
    }),
    priority: t.int({
      defaultValue: 0,
      description: `Transfers of higher priority run first, ${from(LIMITS.priority)}.`,
    }),
    webhook: t.field({
      type: WebhookInput,
      description: "Told about this transfer alone, and removed with it. The payload has its secret.",
    }),
    idempotencyKey: t.string({
      description:
        `The same key from the same caller starts one transfer only; a repeated call returns it. ${LIMITS.idempotencyKey.shortest} to ${LIMITS.idempotencyKey.longest} characters.`,
    }),
  }),
});

export type StartTransferValue = typeof StartTransferInput.$inferInput;
