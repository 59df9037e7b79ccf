/**
 * Paints the pictures of the preset cards: one built-in picture in the style of another by each preset, as it stands,
 * with the built-in filters. Takes as long as all presets together; names of presets make only theirs.
 *
 *     deno run -A studio/presets/make.ts [FAST BALANCED …]
 *
 * @module
 */
import { PRESET_NAMES } from "../../engine/options.ts";
import { fitLongestSide } from "../../engine/picture.ts";
import { decodePicture } from "../../images/decode.ts";
import { encodePicture } from "../../images/encode.ts";
import { resizePicture } from "../../images/resize.ts";

const CONTENT = "mountain-lake";
const STYLE = "starry-swirls";
/** Twice what a card shows, for dense screens. */
const LONGEST_SIDE = 240;
const QUALITY = 70;
const LIMITS = { maxBytes: 1e8, maxPixels: 1e8 };

const names = Deno.args.length > 0 ? Deno.args : PRESET_NAMES;
const out = await Deno.makeTempDir();
for (const name of names) {
  const options = ["--content", CONTENT, "--style", STYLE, "--preset", name, "--seed", "1", "--out", out];
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "transfer", ...options, "--weights", "builtin", "--engine", "onnx:cpu", "--frames", "every:10000"],
  }).spawn().status;
  if (!success) throw new Error(`Cannot paint with ${name}`);
  const picture = await decodePicture(await Deno.readFile(`${out}/result.png`), LIMITS);
  const small = await resizePicture(picture, fitLongestSide(picture, LONGEST_SIDE));
  const jpeg = await encodePicture(small, { format: "JPEG", quality: QUALITY });
  await Deno.writeFile(new URL(`${name.toLowerCase()}.jpg`, import.meta.url), jpeg);
}
await Deno.remove(out, { recursive: true });
