/**
 * How far results go from the content's style to the style's, on squares:
 *
 *     deno task bench style_gap [FAST|BALANCED] [folder for the results] [content+style,…] [options]
 *
 * `options` are what differs from the preset, as '{"whitening":0.5,"contentWeight":0.5}'. It needs the folder beside the
 * project, and says so where it is not.
 *
 * @module
 */
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import type { Losses } from "../engine/objective/losses.ts";
import { Optimisation } from "../engine/descent/optimisation.ts";
import type { PresetName } from "../engine/options/options.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { resizePicture } from "../images/resize.ts";
import { reference, requireShared, squarePicture, vgg16Parameters, writePng } from "./inputs.ts";
import { row } from "./table.ts";

/** What style_gap.py says of a result. */
const JUDGED = ["closed", "deep", "content_deep", "content"];
const PAIRS = "hoovertowernight+starry_night,tubingen+the_scream,city-at-night+starry-swirls";

const [
  presetName = "FAST",
  folder = await Deno.makeTempDir(),
  pairs = PAIRS,
  changes = "{}",
] = Deno.args;
if (presetName !== "FAST" && presetName !== "BALANCED") throw new Error("Cannot run: wanted FAST or BALANCED");
const preset: PresetName = presetName;
const side = preset === "FAST" ? 256 : 512;
requireShared();
await Deno.mkdir(folder, { recursive: true });
console.log(row("pair", ...JUDGED, "style loss", "s"));
console.log(row(...Array<string>(JUDGED.length + 3).fill("---")));
const rows: number[][] = [];
const backend = await OnnxBackend.open(await vgg16Parameters());
for (const pair of pairs.split(",")) rows.push(await judge(backend, pair.split("+") as [string, string]));
await backend.close();
const mean = rows[0]!.map((_, i) => rows.reduce((sum, each) => sum + each[i]! / rows.length, 0));
console.log(row("mean", ...mean.map((value) => value.toFixed(3))));

async function judge(backend: OnnxBackend, pair: readonly [string, string]): Promise<number[]> {
  const [content, style] = [await squarePicture(pair[0], side), await squarePicture(pair[1], side)];
  const options = resolveOptions({ ...JSON.parse(changes), preset }, content, 1);
  const input = { options, content, styles: [{ picture: style, weight: 1 }] };
  const start = performance.now();
  const optimisation = await Optimisation.start(backend, resizePicture, input);
  let losses: Losses | null = null;
  while (!optimisation.finished) losses = (await optimisation.advance()).losses;
  const seconds = (performance.now() - start) / 1000;
  const file = (part: string) => `${folder}/${pair.join("+")}-${part}.png`;
  const files = [
    await writePng(file("content"), content),
    await writePng(file("style"), style),
    await writePng(file("result"), await optimisation.picture()),
  ];
  await optimisation.dispose();
  const [line] = await reference("style_gap.py", ...files);
  const seen = JSON.parse(line!) as Record<string, number>;
  const values = JUDGED.map((key) => seen[key]!);
  values.push(losses!.style, seconds);
  console.log(row(pair.join(" + "), ...values.map((value) => value.toFixed(3))));
  return values;
}
