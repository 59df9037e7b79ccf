/**
 * How far results go from the content's style to the style's, as trained filters see it: for seeded, built-in and trained
 * filters, on squares, because the judge makes squares of what it is given.
 *
 *     deno task bench style_gap [FAST|BALANCED] [folder for the results] [filters] [content+style,…] [options]
 *
 * `filters` are some of seeded,built-in,trained or paths of weights, `options` what differs from the preset, as
 * '{"whitening":0.5,"contentWeight":0.5}'. It needs the folder beside the project, and says so where it is not.
 *
 * @module
 */
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import type { Losses } from "../engine/objective/losses.ts";
import { Optimisation } from "../engine/descent/optimisation.ts";
import type { PresetName } from "../engine/options/options.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { BGR_MEAN, CONV_LAYERS, type Vgg16Parameters } from "../engine/vgg16.ts";
import { encodePicture } from "../images/encode.ts";
import { resizePicture } from "../images/resize.ts";
import { generateConvolution } from "../weights/generated_filters.ts";
import { loadWeights } from "../weights/load_weights.ts";
import { reference, row, SHARED, squarePicture, trainedParameters } from "./inputs.ts";

const PAIRS = "hoovertowernight+starry_night,tubingen+the_scream,city-at-night+starry-swirls";

const [
  presetName = "FAST",
  folder = await Deno.makeTempDir(),
  wanted = "seeded,built-in,trained",
  pairs = PAIRS,
  changes = "{}",
] = Deno.args;
if (presetName !== "FAST" && presetName !== "BALANCED") throw new Error("Cannot run: wanted FAST or BALANCED");
const preset: PresetName = presetName;
const side = preset === "FAST" ? 256 : 512;
try {
  await Deno.stat(SHARED);
} catch {
  console.error("Cannot judge: wanted a folder with pictures, trained filters and style_gap.py beside the project");
  Deno.exit(1);
}
await Deno.mkdir(folder, { recursive: true });
console.log(row("filters", "pair", "closed", "conv1_1", "conv2_1", "conv3_1", "conv3_3", "content", "style loss", "s"));
console.log(row(...Array<string>(10).fill("---")));
for (const name of wanted.split(",")) {
  const rows: number[][] = [];
  const backend = await OnnxBackend.open(await parametersOf(name));
  for (const pair of pairs.split(",")) rows.push(await judge(name, backend, pair.split("+") as [string, string]));
  await backend.close();
  const mean = rows[0]!.map((_, i) => rows.reduce((sum, each) => sum + each[i]! / rows.length, 0));
  console.log(row(name, "mean", ...mean.map((value) => value.toFixed(3))));
}

async function judge(name: string, backend: OnnxBackend, pair: readonly [string, string]): Promise<number[]> {
  const [content, style] = [await squarePicture(pair[0], side), await squarePicture(pair[1], side)];
  const options = resolveOptions({ ...JSON.parse(changes), preset }, content, 1);
  const input = { options, content, styles: [{ picture: style, weight: 1 }] };
  const start = performance.now();
  const optimisation = await Optimisation.start(backend, resizePicture, input);
  let losses: Losses | null = null;
  while (!optimisation.finished) losses = (await optimisation.advance()).losses;
  const seconds = (performance.now() - start) / 1000;
  const file = (part: string) => `${folder}/${pair.join("+")}-${part}.png`;
  const result = file(name.replace(/^.*\//, ""));
  await Deno.writeFile(file("content"), await encodePicture(content, { format: "PNG" }));
  await Deno.writeFile(file("style"), await encodePicture(style, { format: "PNG" }));
  await Deno.writeFile(result, await encodePicture(optimisation.picture(), { format: "PNG" }));
  await optimisation.dispose();
  const [line] = await reference("style_gap.py", file("content"), file("style"), result);
  const seen = JSON.parse(line!) as Record<string, number>;
  const values = ["closed", "conv1_1", "conv2_1", "conv3_1", "conv3_3", "content"].map((key) => seen[key]!);
  values.push(losses!.style, seconds);
  console.log(row(name, pair.join(" + "), ...values.map((value) => value.toFixed(3))));
  return values;
}

async function parametersOf(name: string): Promise<Vgg16Parameters> {
  if (name === "trained") return await trainedParameters();
  if (name !== "seeded") return (await loadWeights(name === "built-in" ? "builtin" : name)).parameters;
  const convs = new Map(CONV_LAYERS.map((layer) => [layer.name, generateConvolution(layer, 1)]));
  return { convs, denses: new Map(), inputMean: BGR_MEAN };
}
