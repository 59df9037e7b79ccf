import type { BeginData, ImageInput, Picture } from "../api/operations.ts";

/** A picture that the server has: a sample, or one that was taken in. */
export interface Choice {
  readonly id: string;
  readonly input: ImageInput;
  readonly url: string;
  readonly width: number;
  readonly height: number;
  /** Its name, short. */
  readonly label: string;
  /** What it shows. */
  readonly description: string;
  /** What a sample was drawn for. */
  readonly suits?: "content" | "style";
}

/** A sample; what it was drawn for stands before its description. */
export function choiceOfSample({ name, description, image }: BeginData["samples"][number]): Choice {
  const [, suits, shows] = /^(?:(content|style): )?(.*?)\.?$/is.exec(description)!;
  return {
    ...image,
    input: { sample: name },
    label: capitalised(name.replaceAll("-", " ")),
    description: capitalised(shows!),
    ...(suits ? { suits: suits.toLowerCase() as "content" | "style" } : {}),
  };
}

/** The choices, those first that were drawn for this. */
export function suitedFirst(choices: readonly Choice[], use: "content" | "style"): readonly Choice[] {
  return [...choices].sort((a, b) => Number(b.suits === use) - Number(a.suits === use));
}

/** A picture that a transfer has used; samples go by their name, so that the request reads well. */
export function choiceOf(picture: Picture, samples: readonly Choice[], label: string): Choice {
  const sample = samples.find(({ id }) => id === picture.id);
  return sample ?? { ...picture, input: { image: picture.id }, label, description: label };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
