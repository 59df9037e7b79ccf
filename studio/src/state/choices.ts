import { signal } from "@preact/signals";
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
  /** Frames that can all be painted; left out for a picture that does not move. */
  readonly movingFrames?: number;
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

/** The pictures among which one is chosen for a use: what the person has brought, then samples, drawn for it or not. */
export class Shelf {
  readonly #use: "content" | "style";
  readonly #most: number;
  readonly #brought = signal<readonly Choice[]>([]);

  /** @param most How many that were brought are kept. */
  constructor(use: "content" | "style", most: number) {
    this.#use = use;
    this.#most = most;
  }

  /** Puts a picture first that the person has brought. */
  put(choice: Choice): void {
    this.#brought.value = [choice, ...this.#brought.value.filter(({ id }) => id !== choice.id)].slice(0, this.#most);
  }

  /** All of them; before them those that are chosen, though they are not here any more. */
  with(chosen: readonly Choice[], samples: readonly Choice[]): readonly Choice[] {
    const here = [...this.#brought.value, ...suitedFirst(samples, this.#use)];
    return [...chosen.filter(({ id }) => !here.some((choice) => choice.id === id)), ...here];
  }
}

/** A picture that a transfer has used; samples go by their name, so that the request reads well. */
export function choiceOf(picture: Picture, samples: readonly Choice[], label: string): Choice {
  const sample = samples.find(({ id }) => id === picture.id);
  return sample ?? { ...picture, input: { image: picture.id }, label, description: label };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
