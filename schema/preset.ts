import { PRESET_NAMES, type PresetName as Name } from "../engine/options/options.ts";
import { PRESETS } from "../engine/options/presets.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { builder } from "./builder.ts";
import { findNodesOf, Node } from "./node.ts";
import { PresetName, TransferOptions } from "./transfer_options.ts";

const SQUARE = { width: 1, height: 1 };

interface PresetValue {
  readonly id: string;
  readonly name: Name;
}

const VALUES: readonly PresetValue[] = PRESET_NAMES.map((name) => ({ id: `Preset:${name}`, name }));

const Preset = builder.objectRef<PresetValue>("Preset").implement({
  description: "A complete set of options.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.field({ type: PresetName, description: "Its name.", resolve: ({ name }) => name }),
    description: t.string({
      description: "What it is for, in a sentence.",
      resolve: ({ name }) => PRESETS[name].description,
    }),
    options: t.field({
      type: TransferOptions,
      description: "Its options for a square content picture; seed is 0 where a transfer would get a random one.",
      resolve: ({ name }) => resolveOptions({ preset: name }, SQUARE, 0),
    }),
  }),
});

findNodesOf("Preset", (_context, id) => Promise.resolve(VALUES.find((preset) => preset.id === id) ?? null));

builder.queryField("presets", (t) =>
  t.field({
    type: [Preset],
    complexity: { field: 1, multiplier: PRESET_NAMES.length },
    description: "Every preset.",
    resolve: () => VALUES,
  }));
