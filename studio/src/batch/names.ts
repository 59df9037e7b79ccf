import { samples } from "../state/catalogue.ts";
import { type Choice, choiceOf } from "../state/choices.ts";
import type { Axes } from "./followed_batch.ts";
import type { Place } from "./layout.ts";

/** What stands at the head of a row or a column. */
export interface Head {
  readonly name: string;
  /** Addresses of its pictures; none where all paintings of them are gone. */
  readonly urls: readonly string[];
}

/** A picture that is repainted. */
export function contentHead({ contents }: Axes, index: number): Head {
  const picture = contents[index];
  return headOf(picture ? [choiceOf(picture, samples.value, `Picture ${index + 1}`)] : [], `Picture ${index + 1}`);
}

/** Styles that are used together. */
export function styleHead({ styles }: Axes, index: number): Head {
  const choices = (styles[index] ?? []).map(({ image }) => choiceOf(image, samples.value, `Style ${index + 1}`));
  return headOf(choices, `Style ${index + 1}`);
}

/** A painting of a batch in words. */
export function nameOf(axes: Axes, { content, style, variation }: Place): string {
  const painted = `${contentHead(axes, content).name} in ${styleHead(axes, style).name}`;
  const varied = axes.variations[variation];
  return varied ? `${painted}, ${varied}` : painted;
}

/** A name that every file system takes. */
export function fileNameOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}.]+/gu, "-").replaceAll(/^-|-$/g, "");
}

function headOf(choices: readonly Choice[], missing: string): Head {
  const names = [...new Set(choices.map(({ label }) => label))];
  return { name: names.join(" and ") || missing, urls: choices.map(({ url }) => url) };
}
