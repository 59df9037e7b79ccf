import { request } from "../api/client.ts";
import { type ImageInput, Sign } from "../api/operations.ts";
import { BASE } from "../base.ts";
import { samples } from "./catalogue.ts";
import { choiceOf } from "./choices.ts";
import type { Transfer } from "./followed.ts";
import { changes, changeStyle, type Mask, mixing, plainStyle, preset, strength, styles } from "./draft.ts";

/** Puts the styles and the options of a transfer on the first page, where another picture can be chosen. */
export function reuseStyle(transfer: Transfer): void {
  const { styles: asked } = transfer.request as { readonly styles: readonly { readonly region?: ImageInput }[] };
  // Where a style went was painted on the picture before; what was taken of it, on its own.
  styles.value = transfer.styles.map(({ image, weight, scale }, i) => ({
    ...plainStyle(choiceOf(image, samples.value, "Style")),
    weight,
    scale,
    region: regionOf(asked[i]?.region),
  }));
  for (const { choice, region } of styles.value) if (region) void sign(choice.id, region);
  mixing.value = styles.value.length > 1;
  preset.value = transfer.options.preset;
  strength.value = 0;
  // Of the picture before, or as every transfer begun here has them.
  const own = ["content", "styles", "preset", "contentMask", "moving", "seed", "keepFrames"];
  // What began with a picture of its own, as a larger painting does with the smaller, has a schedule for that.
  const { init } = transfer.request as { readonly init?: { readonly kind: string } };
  if (init?.kind === "IMAGE") own.push("init", "steps", "scales");
  const given = Object.entries(transfer.request as object);
  changes.value = Object.fromEntries(given.filter(([name]) => !own.includes(name)));
}

function regionOf(input: ImageInput | undefined): Mask | null {
  if (!input) return null;
  const sample = samples.value.find((choice) => choice.input.sample === input.sample);
  return { input, url: input.sample && sample ? sample.url : `${BASE}/images/${input.image}` };
}

/** Where one is asked who one is, a picture has an address that says so. Without it, only its thumbnail is missing. */
async function sign(id: string, { input }: Mask): Promise<void> {
  if (!input.image) return;
  const { signedUrl } = await request(Sign, { url: `/images/${input.image}` }).catch(() => ({ signedUrl: null }));
  if (signedUrl) changeStyle(id, { region: { input, url: signedUrl.url } });
}
