import { computed, effect, signal } from "@preact/signals";
import type { ImageInput, PresetName, StartTransferInput } from "../api/operations.ts";
import { LIMITS } from "../../../limits.ts";
import { options, samples } from "./catalogue.ts";
import { type Choice, suitedFirst } from "./choices.ts";

/** A mask that the server has: a picture, white where it counts. */
export interface Mask {
  readonly input: ImageInput;
  readonly url: string;
}

/** A style, its share, how large it is looked at, and where it counts. */
export interface StyleChoice {
  readonly choice: Choice;
  readonly weight: number;
  readonly scale: number;
  /** Where in the picture it goes; null for everywhere. */
  readonly mask: Mask | null;
  /** Which part of its own picture is taken; null for all of it. */
  readonly region: Mask | null;
}

/** As a style is when it is chosen. */
export function plainStyle(choice: Choice): StyleChoice {
  return { choice, weight: 1, scale: 1, mask: null, region: null };
}

/** Options in which the caller deviates from the preset, by their names. */
export type Changes = Readonly<Record<string, unknown>>;

/** What is wanted here whatever the preset says: without its frames there is neither film nor looking back. */
export const USUAL: Changes = { keepFrames: true };

/** The transfer that is being put together. */
export const content = signal<Choice | null>(null);
/** Where in the picture it is kept; null for everywhere. */
export const contentMask = signal<Mask | null>(null);
export const styles = signal<readonly StyleChoice[]>([]);
/** Which pictures were exchanged last, if masks that were painted on them are gone with them. */
export const droppedWith = signal<"content" | "style" | null>(null);
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
  return { ...base, preset: preset.value, ...USUAL, ...stronger.value, ...changes.value };
});

/** The weight of the style where it shall count more or less than the preset has it. */
export const stronger = computed((): Changes => {
  const styleWeight = unchanged("styleWeight");
  return strength.value !== 0 && typeof styleWeight === "number"
    ? { styleWeight: Number((styleWeight * 10 ** strength.value).toPrecision(3)) }
    : {};
});

const pictures = computed(() => {
  if (!content.value || styles.value.length === 0) return null;
  return {
    content: content.value.input,
    ...(contentMask.value ? { contentMask: contentMask.value.input } : {}),
    styles: styles.value.map(({ choice, weight, scale, mask, region }) => ({
      image: choice.input,
      ...(weight === 1 ? {} : { weight }),
      ...(scale === 1 ? {} : { scale }),
      ...(mask ? { mask: mask.input } : {}),
      ...(region ? { region: region.input } : {}),
    })),
  };
});

/** What a preset as it stands would do to the same pictures; null while a picture is missing. */
export function plainInput(name: PresetName): StartTransferInput | null {
  const moving = changes.value["moving"] === true ? { moving: true } : {};
  return pictures.value && { ...pictures.value, preset: name, ...moving };
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

/** Chooses the picture that is repainted. Masks that were painted on another are dropped with it. */
export function chooseContent(choice: Choice): void {
  const isSame = content.value?.id === choice.id;
  const had = contentMask.value !== null || styles.value.some(({ mask }) => mask !== null);
  // The same picture may have come by another name.
  content.value = choice;
  if (isSame) return;
  change("moving", undefined);
  contentMask.value = null;
  styles.value = styles.value.map((style) => ({ ...style, mask: null }));
  droppedWith.value = had ? "content" : null;
}

/** Changes some of what a style has. */
export function changeStyle(id: string, part: Partial<Omit<StyleChoice, "choice">>): void {
  styles.value = styles.value.map((style) => style.choice.id === id ? { ...style, ...part } : style);
}

/** Whether a further style is added to the others, instead of taking their place. */
export const mixing = signal(false);

/** With one style only, the first of several stays. */
export function setMixing(several: boolean): void {
  mixing.value = several;
  if (!several) putStyles(styles.value.slice(0, 1));
}

/** Chooses a style; while mixing, adds it, or takes it away when it is there already: one always stays. */
export function toggleStyle(choice: Choice): void {
  const { value: before } = styles;
  if (!mixing.value) {
    const [only] = before;
    const isSame = only?.choice.id === choice.id;
    // Where a style goes was painted on the picture, which stays.
    putStyles([{ ...plainStyle(choice), mask: only?.mask ?? null, region: isSame ? only.region : null }]);
    return;
  }
  const rest = before.filter((other) => other.choice.id !== choice.id);
  const added = rest.length < before.length ? rest : [...rest, plainStyle(choice)];
  if (added.length > 0 && added.length <= LIMITS.styles.maximum) putStyles(added);
}

/** Puts styles in the place of those before, and says so when masks go with those. */
function putStyles(next: readonly StyleChoice[]): void {
  const masksOf = (list: readonly StyleChoice[]) =>
    list.flatMap(({ mask, region }) => [mask ?? [], region ?? []].flat());
  const stay = masksOf(next);
  droppedWith.value = masksOf(styles.value).some((mask) => !stay.includes(mask)) ? "style" : null;
  styles.value = next;
}

// A first visit begins with two of the built-in pictures, so that one button is enough.
effect(() => {
  const [first] = suitedFirst(samples.value, "content");
  const style = suitedFirst(samples.value, "style").find(({ id }) => id !== first?.id) ?? first;
  if (!first || !style) return;
  if (content.peek() === null) content.value = first;
  if (styles.peek().length === 0) styles.value = [plainStyle(style)];
});
