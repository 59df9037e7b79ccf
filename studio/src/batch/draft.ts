import { computed, signal } from "@preact/signals";
import type { StartBatchInput } from "../api/operations.ts";
import { options } from "../state/catalogue.ts";
import type { Choice } from "../state/choices.ts";
import { changes, preset, stronger, unchanged, USUAL } from "../state/draft.ts";
import { OWN_PRESETS, presetName, PUBLISHED_PRESETS } from "../state/preset_names.ts";
import { LIMITS } from "../../../limits.ts";
import { type Axis, type AxisOption, canBeAxis, readNumbers, suggestNumbers, variationsOf } from "./axes.ts";
import { variationName } from "./layout.ts";

/** The batch that is being put together: every one of the pictures in every one of the styles. */
export const contents = signal<readonly Choice[]>([]);
export const styles = signal<readonly Choice[]>([]);

/** An option that is varied: by a text of numbers, or by some of its choices. */
export interface AxisDraft {
  readonly option: string;
  readonly text: string;
  readonly chosen: readonly unknown[];
}

export const axes = signal<readonly AxisDraft[]>([]);
/** A sheet has two directions. */
export const MOST_AXES = 2;

/** What can be varied, with its choices and what these are called; null where it is a number. */
export interface Variable extends AxisOption {
  readonly help: string;
  readonly choices: readonly (readonly [value: unknown, label: string])[] | null;
}

export const variables = computed((): readonly Variable[] => {
  if (options.value.length === 0) return [];
  const ofPreset: Variable = {
    name: "preset",
    label: "Preset",
    kind: "CHOICE",
    minimum: null,
    maximum: null,
    help: "How finely it is painted; what is set by hand stays as it is set.",
    choices: [...OWN_PRESETS, ...PUBLISHED_PRESETS].map((name) => [name, presetName(name)]),
  };
  return [
    ofPreset,
    ...options.value.filter(canBeAxis).map((option) => ({
      ...option,
      help: option.description,
      choices: option.kind === "FLAG"
        ? [[true, "On"], [false, "Off"]] as const
        : option.choices?.map((choice, i) => [choice, option.choiceLabels![i]!] as const) ?? null,
    })),
  ];
});

/** Chooses a picture, or takes it away when it is there already. */
export function toggle(list: typeof contents, choice: Choice): void {
  const rest = list.value.filter(({ id }) => id !== choice.id);
  list.value = rest.length < list.value.length ? rest : [...list.value, choice];
}

/** Varies an option in the place of what is varied there, or of nothing; null to vary it no longer. */
export function varyAt(index: number, option: string | null): void {
  const found = variables.value.find(({ name }) => name === option);
  const drafts = found ? [beginAxis(found)] : [];
  axes.value = [...axes.value.slice(0, index), ...drafts, ...axes.value.slice(index + 1)];
}

export function changeAxis(index: number, part: Partial<Omit<AxisDraft, "option">>): void {
  axes.value = axes.value.map((axis, i) => i === index ? { ...axis, ...part } : axis);
}

/** How many of the choices are varied at first. */
const FIRST_CHOICES = 2;

function beginAxis(variable: Variable): AxisDraft {
  const chosen = variable.choices?.slice(0, FIRST_CHOICES).map(([value]) => value) ?? [];
  const usual = changes.value[variable.name] ?? unchanged(variable.name);
  return { option: variable.name, text: variable.choices ? "" : suggestNumbers(variable, usual), chosen };
}

/** What an axis has come to, and what is wrong with it; null when nothing is. */
export interface ReadAxis extends Axis {
  /** What each value is called, as at the head of a row. */
  readonly names: readonly string[];
  readonly problem: string | null;
}

export const readAxes = computed((): readonly ReadAxis[] => axes.value.map(readAxis));

function readAxis({ option, text, chosen }: AxisDraft): ReadAxis {
  const variable = variables.value.find(({ name }) => name === option)!;
  const { label, choices } = variable;
  const { values, problem } = choices ? { values: chosen, problem: null } : readNumbers(variable, text);
  const named = (value: unknown) => choices?.find(([each]) => each === value)?.[1] ?? String(value);
  return {
    option,
    values,
    names: values.map((value) => option === "preset" ? named(value) : `${label} ${named(value)}`),
    problem: problem ?? (values.length === 0 ? `Choose what ${label.toLowerCase()} is in turn` : null),
  };
}

/** How many paintings there will be. */
export const count = computed(() =>
  readAxes.value.reduce((product, { values }) => product * values.length, contents.value.length * styles.value.length)
);

/** What is wrong with the choice; null when nothing is. */
export const problem = computed((): string | null => {
  const wrong = readAxes.value.find(({ problem }) => problem !== null)?.problem;
  if (wrong) return wrong;
  const { maximum } = LIMITS.batch;
  return count.value > maximum ? `That makes ${count.value} paintings: ${maximum} are the most at once` : null;
});

/** Whether one of some options is different from painting to painting. */
export function isVaried(...names: readonly string[]): boolean {
  return axes.value.some(({ option }) => names.includes(option));
}

/** What the slider of the style's strength would be a multiple of. */
export const STRENGTH_OF = ["preset", "styleWeight"] as const;

/** So that the paintings differ by what is varied, and not by chance. */
const seed = crypto.getRandomValues(new Uint16Array(1))[0]!;

/** The mutation's input; null while a picture is missing, or something is wrong. */
export const batchInput = computed((): StartBatchInput | null => {
  if (count.value === 0 || problem.value !== null) return null;
  const varied = readAxes.value.map(({ option }) => option);
  const base = {
    seed,
    preset: preset.value,
    ...USUAL,
    ...(isVaried(...STRENGTH_OF) ? {} : stronger.value),
    ...changes.value,
  };
  const names = variationsOf(readAxes.value.map(({ option, names }) => ({ option, values: names })));
  return {
    contents: contents.value.map(({ input }) => input),
    styles: styles.value.map(({ input }) => [{ image: input }]),
    base: Object.fromEntries(Object.entries(base).filter(([name]) => !varied.includes(name))),
    ...(varied.length === 0 ? {} : {
      variations: variationsOf(readAxes.value).map((variation, i) => ({
        ...variation,
        name: variationName(Object.values(names[i]!) as string[]),
      })),
    }),
  };
});
