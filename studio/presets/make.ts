/**
 * Paints the pictures of the preset cards: one built-in picture in the style of another by each preset, with the built-in
 * filters; only those that are named, or all, in a few minutes.
 *
 *     deno run -A studio/presets/make.ts [FAST BALANCED …]
 *
 * @module
 */
import { PRESET_NAMES, type PresetName } from "../../engine/options.ts";
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

/** Fewer steps at smaller sizes than the presets have: more would not be seen on a card. */
const SHORTENED: Readonly<Record<PresetName, readonly string[]>> = {
  FAST: [],
  BALANCED: ["--size", "256"],
  QUALITY: ["--scales", "64:60,128:50,256:25"],
  CLASSIC: ["--size", "256"],
  GATYS: ["--size", "192", "--steps", "100"],
  JOHNSON: ["--size", "192", "--steps", "100"],
};

const names = Deno.args.length > 0 ? Deno.args as PresetName[] : PRESET_NAMES;
const out = await Deno.makeTempDir();
for (const name of names) {
  const options = ["--content", CONTENT, "--style", STYLE, "--preset", name, "--seed", "1", "--out", out];
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["task", "transfer", ...options, ...SHORTENED[name]],
      ...["--weights", "builtin", "--engine", "onnx:cpu", "--frames", "every:10000"],
    ],
  }).spawn().status;
  if (!success) throw new Error(`Cannot paint with ${name}`);
  const picture = await decodePicture(await Deno.readFile(`${out}/result.png`), LIMITS);
  const small = await resizePicture(picture, fitLongestSide(picture, LONGEST_SIDE));
  const jpeg = await encodePicture(small, { format: "JPEG", quality: QUALITY });
  await Deno.writeFile(new URL(`${name.toLowerCase()}.jpg`, import.meta.url), jpeg);
}
await Deno.remove(out, { recursive: true });
