import { samples } from "./catalogue.ts";
import { choiceOf } from "./choices.ts";
import type { Transfer } from "./followed.ts";
import { changes, mixing, preset, strength, styles } from "./draft.ts";

/** Puts the styles and the options of a transfer on the first page, where another picture can be chosen. */
export function reuseStyle(transfer: Transfer): void {
  styles.value = transfer.styles.map(({ image, weight, scale }) => ({
    choice: choiceOf(image, samples.value, "Style"),
    weight,
    scale,
  }));
  mixing.value = styles.value.length > 1;
  preset.value = transfer.options.preset;
  strength.value = 0;
  // Of the picture before, or as every transfer begun here has them.
  const own = ["content", "styles", "preset", "contentMask", "seed", "keepFrames"];
  // What began with a picture of its own, as a larger painting does with the smaller, has a schedule for that.
  const { init } = transfer.request as { readonly init?: { readonly kind: string } };
  if (init?.kind === "IMAGE") own.push("init", "steps", "scales");
  const request = Object.entries(transfer.request as object);
  changes.value = Object.fromEntries(request.filter(([name]) => !own.includes(name)));
}
