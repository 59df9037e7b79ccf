import {
  PRESET_NAMES,
  type Scale as ScaleValue,
  SETTING_NAMES,
  type TransferOptions as TransferOptionValues,
} from "../engine/options/options.ts";
import { PRESETS } from "../engine/options/presets.ts";
import { builder } from "./builder.ts";
import { outputFields } from "./option_types.ts";

export const PresetName = builder.enumType("PresetName", {
  description: "A complete set of options, each of which can be overridden; see Query.presets.",
  values: Object.fromEntries(PRESET_NAMES.map((name) => [name, { description: PRESETS[name].description }])) as Record<
    (typeof PRESET_NAMES)[number],
    { description: string }
  >,
});

const Scale = builder.objectRef<ScaleValue>("Scale").implement({
  description: "One stage of a coarse-to-fine schedule.",
  fields: (t) => ({
    size: t.exposeInt("size", { description: "Longest side in pixels." }),
    width: t.exposeInt("width", { description: "Width in pixels." }),
    height: t.exposeInt("height", { description: "Height in pixels." }),
    steps: t.exposeInt("steps", { description: "Steps spent at this size." }),
  }),
});

/** What a transfer is asked to do, with every option. */
export const TransferOptions = builder.objectRef<TransferOptionValues>("TransferOptions").implement({
  description: "The options of a transfer: those that the caller gave, completed from the preset.",
  fields: (t) => ({
    preset: t.field({
      type: PresetName,
      description: "The source of the options that were not given.",
      resolve: ({ preset }) => preset,
    }),
    width: t.exposeInt("width", { description: "Width of the result in pixels." }),
    height: t.exposeInt("height", { description: "Height of the result in pixels." }),
    steps: t.exposeInt("steps", { description: "Steps over all scales, of the first frame of the content." }),
    scales: t.field({
      type: [Scale],
      complexity: { field: 1, multiplier: 4 },
      description: "The schedule from coarse to fine, at least one.",
      resolve: ({ scales }) => scales,
    }),
    ...outputFields(t, SETTING_NAMES),
  }),
});
