import { GramcastError } from "../errors.ts";
import { quoted } from "../values.ts";

/** A built-in picture. */
export interface Sample {
  readonly name: string;
  readonly description: string;
  /** Of the JPEG beside this module. */
  readonly file: string;
}

/** Pictures to repaint come first, then pictures to take the style from. */
export const SAMPLES: readonly Sample[] = [
  sample("city-at-night", "Content: a skyline of lit windows under the full moon, mirrored in the water."),
  sample("mountain-lake", "Content: snowy mountains at dawn, a still lake, firs in front."),
  sample("still-life", "Content: a bottle, a jug and fruit on a wooden table in the light of a window."),
  sample("starry-swirls", "Style: a night sky in whirls of thick short brush strokes, with glowing stars."),
  sample("stained-glass", "Style: a window of a thousand coloured panes held by lead."),
  sample("woodcut-waves", "Style: a print from carved blocks, rays of a red sun over rows of indigo waves."),
  sample("geometry", "Style: circles, wedges, grids and lines in balance on parchment."),
  sample("watercolour-garden", "Style: flowers in wet colours with dark rims on grainy paper."),
];

function sample(name: string, description: string): Sample {
  return { name, description, file: `${name}.jpg` };
}

/**
 * Reads the JPEG of a built-in picture. Needs read access to this folder only.
 *
 * @param name As in `SAMPLES`.
 * @throws {GramcastError} NOT_FOUND with the names that there are.
 */
export async function readSample(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const found = SAMPLES.find((sample) => sample.name === name);
  if (!found) {
    const names = SAMPLES.map((sample) => sample.name).join(", ");
    throw new GramcastError("NOT_FOUND", `Cannot find sample ${quoted(name)}: wanted one of ${names}`);
  }
  return await Deno.readFile(new URL(found.file, import.meta.url));
}
