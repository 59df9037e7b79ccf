import { computed, effect, signal } from "@preact/signals";
import type { PresetName, StartTransferInput } from "../api/operations.ts";
import { LIMITS } from "../../../limits.ts";
import { options, samples } from "./catalogue.ts";
import { type Choice, suitedFirst } from "./choices.ts";

/** A style, its share, and how large it is looked at. */
export interface StyleChoice {
  readonly choice: Choice;
  readonly weight: number;
  readonly scale: number;
}

/** Options in which the caller deviates from the preset, by their names. */
export type Changes = Readonly<Record<string, unknown>>;

/** What is wanted here whatever the preset says: without its frames there is neither film nor looking back. */
const USUAL: Changes = { keepFrames: true };

/** The transfer that is being put together. */
export const content = signal<Choice | null>(null);
export const styles = signal<readonly StyleChoice[]>([]);
export const preset = signal<PresetName>("FAST");
/** Power of ten by which the style counts more than the preset has it, -2 to 2. */
export const strength = signal(0);
export const changes = signal<Changes>({});

/** What an option is when it is not changed; undefined before the server has answered, null where it is drawn. */
export function unchanged(name: string): unknown {
  if (name in USUAL) return USUAL[name];
  const option = options.value.find((option) => option.name === name);
  return option?.defaults.find((one) => one.preset === preset.value)?.value;
}

/** The mutation's input; null while a picture is missing. */
export const startInput = computed((): StartTransferInput | null => {
  const base = pictures.value;
  if (!base) return null;
  const styleWeight = unchanged("styleWeight");
  const stronger = strength.value !== 0 && typeof styleWeight === "number"
    ? { styleWeight: Number((styleWeight * 10 ** strength.value).toPrecision(3)) }
    : {};
  return { ...base, preset: preset.value, ...USUAL, ...stronger, ...changes.value };
});

const pictures = computed(() => {
  if (!content.value || styles.value.length === 0) return null;
  return {
    content: content.value.input,
    styles: styles.value.map(({ choice, weight, scale }) => ({
      image: choice.input,
      ...(weight === 1 ? {} : { weight }),
      ...(scale === 1 ? {} : { scale }),
    })),
  };
});

/** What a preset as it stands would do to the same pictures; null while a picture is missing. */
export function plainInput(name: PresetName): StartTransferInput | null {
  return pictures.value && { ...pictures.value, preset: name };
}

/** Changes one option; undefined gives it back to the preset. */
export function change(name: string, value: unknown): void {
  const { [name]: _, ...rest } = changes.value;
  changes.value = value === undefined ? rest : { ...rest, [name]: value };
}

/** Gives every option back to the preset. */
export function resetChanges(): void {
  changes.value = {};
  strength.value = 0;
}

/** Whether a further style is added to the others, instead of taking their place. */
export const mixing = signal(false);

/** With one style only, the first of several stays. */
export function setMixing(several: boolean): void {
  mixing.value = several;
  if (!several) styles.value = styles.value.slice(0, 1);
}

/** Chooses a style; while mixing, adds it, or takes it away when it is there already: one always stays. */
export function toggleStyle(choice: Choice): void {
  const style = { choice, weight: 1, scale: 1 };
  if (!mixing.value) {
    styles.value = [style];
    return;
  }
  const rest = styles.value.filter((other) => other.choice.id !== choice.id);
  const added = rest.length < styles.value.length ? rest : [...rest, style];
  if (added.length > 0 && added.length <= LIMITS.styles.maximum) styles.value = added;
}

// A first visit begins with two of the built-in pictures, so that one button is enough.
effect(() => {
  const [first] = suitedFirst(samples.value, "content");
  const style = suitedFirst(samples.value, "style").find(({ id }) => id !== first?.id) ?? first;
  if (!first || !style) return;
  if (content.peek() === null) content.value = first;
  if (styles.peek().length === 0) styles.value = [{ choice: style, weight: 1, scale: 1 }];
});
