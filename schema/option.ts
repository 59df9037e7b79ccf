import { PRESET_NAMES, type PresetName as Name } from "../engine/options/options.ts";
import { defaultOf } from "../engine/options/resolve.ts";
import { type GroupShape, OPTION_KINDS, type OptionKind as Kind, type Shape } from "../engine/options/shapes.ts";
import { entryOf, OPTION_NAMES } from "../engine/options/table.ts";
import { builder } from "./builder.ts";
import { PresetName } from "./transfer_options.ts";

/** What is said of an option, or of a member of its groups. */
interface Described {
  readonly name: string;
  readonly kind: Kind;
  readonly label: string;
  readonly help: string;
  readonly unit?: string;
  readonly value: Shape;
  readonly retunable?: true;
  readonly onlyWith?: string;
  readonly defaults: readonly { readonly preset: Name; readonly value: unknown }[];
}

const KINDS: Readonly<Record<Kind, string>> = {
  INTEGER: "A whole number within the range.",
  NUMBER: "A number within the range.",
  FLAG: "True or false.",
  CHOICE: "One of the choices.",
  LAYERS: "Layers with their weights, a list of groups of `parts`.",
  SCALES: "Sizes with their steps, a list of groups of `parts`.",
  OPTIMIZER: "A group of `parts`.",
  INIT: "A group of `parts`, and with kind IMAGE a picture.",
  SIZE: "One of `parts`.",
};

const OptionKind = builder.enumType("OptionKind", {
  description: "The kind of value that an option takes.",
  values: Object.fromEntries(OPTION_KINDS.map((kind) => [kind, { description: KINDS[kind] }])) as Record<
    Kind,
    { description: string }
  >,
});

const OptionDefault = builder.objectRef<Described["defaults"][number]>("OptionDefault").implement({
  description: "The value of an option in a preset.",
  fields: (t) => ({
    preset: t.field({ type: PresetName, description: "The preset.", resolve: ({ preset }) => preset }),
    value: t.field({
      type: "JSON",
      nullable: true,
      description: "As startTransfer takes it; null if it is random, or follows from other options.",
      resolve: ({ value }) => value,
    }),
  }),
});

const Option = builder.objectRef<Described>("Option");
Option.implement({
  description: "An option of a transfer, with all that a form needs.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its field in StartTransferInput, or in its group." }),
    kind: t.field({ type: OptionKind, description: "The kind of value that it takes.", resolve: ({ kind }) => kind }),
    label: t.exposeString("label", { description: "A short name for a form." }),
    description: t.exposeString("help", { description: "What it does, in a sentence." }),
    unit: t.exposeString("unit", {
      nullable: true,
      description: "Unit of its numbers, such as `pixels`; null if there is none.",
    }),
    minimum: t.float({
      nullable: true,
      description: "Smallest number, or fewest entries of a list; null if there is no limit.",
      resolve: ({ value }) => rangeOf(value)?.minimum ?? null,
    }),
    maximum: t.float({
      nullable: true,
      description: "Largest number, or most entries of a list; null if there is no limit.",
      resolve: ({ value }) => rangeOf(value)?.maximum ?? null,
    }),
    choices: t.stringList({
      nullable: true,
      complexity: 1,
      description: "The choices; null for other kinds.",
      resolve: ({ value }) => value.shape === "choice" ? value.choices : null,
    }),
    choiceLabels: t.stringList({
      nullable: true,
      complexity: 1,
      description: "Short names of the choices for a form, in their order; null for other kinds.",
      resolve: ({ value }) =>
        value.shape === "choice" ? value.choices.map((choice) => value.meanings[choice]!.label) : null,
    }),
    parts: t.field({
      type: [Option],
      nullable: true,
      complexity: { field: 1, multiplier: 5 },
      description: "Members of its group, or of the groups in its list; null for other kinds.",
      resolve: ({ value, defaults }) => groupOf(value) && partsOf(groupOf(value)!, defaults),
    }),
    onlyWith: t.exposeString("onlyWith", {
      nullable: true,
      description: "Of a group's member: the only `kind` that uses it; null if all do.",
    }),
    retunable: t.boolean({
      description: "Whether retuneTransfer can change it while a transfer runs.",
      resolve: ({ retunable }) => retunable ?? false,
    }),
    defaults: t.field({
      type: [OptionDefault],
      complexity: { field: 1, multiplier: PRESET_NAMES.length },
      description: "Its value in each preset.",
      resolve: ({ defaults }) => defaults,
    }),
  }),
});

builder.queryField("options", (t) =>
  t.field({
    type: [Option],
    complexity: { field: 1, multiplier: OPTION_NAMES.length },
    description: "Every option of a transfer, with all that a form for them needs.",
    resolve: () =>
      OPTION_NAMES.map((name) => {
        const defaults = PRESET_NAMES.map((preset) => ({ preset, value: defaultOf(preset, name) }));
        return { name, ...entryOf(name), defaults };
      }),
  }));

function groupOf(value: Shape): GroupShape | null {
  if (value.shape === "list") return value.of;
  return value.shape === "group" ? value : null;
}

function rangeOf(value: Shape): { readonly minimum: number; readonly maximum: number } | null {
  if (value.shape === "list") return value.count;
  return value.shape === "number" ? value : null;
}

/** The members of a group; what one is under a preset is known where the option is one group. */
function partsOf({ parts }: GroupShape, defaults: Described["defaults"]): Described[] {
  return Object.entries(parts).map(([name, part]) => ({
    name,
    ...part,
    kind: kindOf(part.value),
    defaults: defaults.map(({ preset, value }) => ({
      preset,
      value: (value as Readonly<Record<string, unknown>> | null)?.[name] ?? null,
    })),
  }));
}

function kindOf(value: Shape): Kind {
  if (value.shape === "number") return value.whole ? "INTEGER" : "NUMBER";
  return value.shape === "flag" ? "FLAG" : "CHOICE";
}
