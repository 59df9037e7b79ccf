/**
 * Draws the built-in pictures.
 *
 *     deno task samples [name …]
 *
 * @module
 */
import { encodePicture } from "../../images/encode.ts";
import { DRAWINGS, render } from "./drawings.ts";

/** Of the committed JPEGs: the eye finds no difference to 95 at the size they are shown. */
export const QUALITY = 85;

/** Draws the named samples, all when none is named, and writes them into `samples/`. */
async function make(names: readonly string[]): Promise<void> {
  for (const drawing of DRAWINGS) {
    if (names.length > 0 && !names.includes(drawing.name)) continue;
    const start = performance.now();
    const bytes = await encodePicture(render(drawing), { format: "JPEG", quality: QUALITY });
    await Deno.writeFile(new URL(`../../samples/${drawing.name}.jpg`, import.meta.url), bytes);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${drawing.name}.jpg: ${drawing.width}×${drawing.height}, ${bytes.length} bytes, ${seconds} s`);
  }
}

if (import.meta.main) await make(Deno.args);
