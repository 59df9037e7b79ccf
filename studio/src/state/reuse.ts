import type { FollowData } from "../api/operations.ts";
import { samples } from "./catalogue.ts";
import { choiceOf } from "./choices.ts";
import { changes, mixing, preset, strength, styles } from "./draft.ts";
import { presets } from "./catalogue.ts";
import { differences } from "./differences.ts";

/** Puts the styles and the options of a transfer on the first page, where another picture can be chosen. */
export function reuseStyle({ styles: used, options }: NonNullable<FollowData["transfer"]>): void {
  styles.value = used.map(({ image, weight }) => ({ choice: choiceOf(image, samples.value, "Style"), weight }));
  mixing.value = used.length > 1;
  preset.value = options.preset;
  strength.value = 0;
  const { seed: _, keepFrames: __, ...changed } = differences(options, presets.value);
  changes.value = changed;
}
