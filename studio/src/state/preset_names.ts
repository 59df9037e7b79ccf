import type { PresetName } from "../api/operations.ts";

interface Named {
  readonly title: string;
  /** Whether it is a recipe that somebody has published. */
  readonly published?: true;
}

/** From the quickest to the most patient. */
const NAMED: Readonly<Record<PresetName, Named>> = {
  FAST: { title: "Sketch" },
  BALANCED: { title: "Painting" },
  PAINTERLY: { title: "By the brush" },
  QUALITY: { title: "Large painting" },
  CLASSIC: { title: "The article", published: true },
  GATYS: { title: "Gatys 2016", published: true },
  JOHNSON: { title: "Johnson 2016", published: true },
};
const NAMES = Object.keys(NAMED) as PresetName[];

/** The project's own presets from the quickest to the most patient, and the recipes that others have published. */
export const OWN_PRESETS: readonly PresetName[] = NAMES.filter((name) => !NAMED[name].published);
export const PUBLISHED_PRESETS: readonly PresetName[] = NAMES.filter((name) => NAMED[name].published);

/** A preset as people call it. */
export function presetName(name: PresetName): string {
  return NAMED[name].title;
}
