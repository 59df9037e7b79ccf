/**
 * `deno task learn-filters`: learns the built-in filters from pictures that it makes itself, and writes
 * `weights/builtin.safetensors`; with `--below FILE` only those layers that the file has not.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { loadWeights } from "../load_weights.ts";
import { writeQuantised } from "../quantise.ts";
import { learnFilters } from "./learn_filters.ts";
import { trainingPicture } from "./pictures.ts";

const METHOD =
  "layer by layer: 3×3 patches of even contrast, whitened, principal directions in pairs and spherical k-means where a change of colours counts little; biases by quantile, scales by deviation";
/** What `contrast.py` has trained, where `--below` names it. */
const TRAINED = "; conv2_1 to conv3_3 trained to find crops of one picture in other colours among those of all others";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    pictures: { type: "string", default: "32" },
    side: { type: "string", default: "128" },
    patches: { type: "string", default: "6000" },
    iterations: { type: "string", default: "5" },
    dimensions: { type: "string", default: "300" },
    floor: { type: "string", default: "1" },
    invariance: { type: "string", default: "100" },
    last: { type: "string", default: "conv4_3" },
    below: { type: "string" },
    out: { type: "string", default: new URL("../builtin.safetensors", import.meta.url).pathname },
  },
});
const [seed, count, side] = [Number(values.seed), Number(values.pictures), Number(values.side)];
const start = performance.now();
const pictures = Array.from({ length: count }, (_, index) => trainingPicture(seed, index, side));
console.log(`${count} pictures of ${side}×${side} pixels, ${seconds()} s`);
const below = values.below ? (await loadWeights(values.below)).parameters.convs : undefined;
const options = {
  seed,
  pictures,
  last: values.last,
  patches: Number(values.patches),
  iterations: Number(values.iterations),
  dimensions: Number(values.dimensions),
  whiteningFloor: Number(values.floor),
  invariance: Number(values.invariance),
  ...(below && { below }),
};
const convs = await learnFilters(options, console.log);
const file = writeQuantised(convs, {
  method: METHOD + (below ? TRAINED : ""),
  version: below ? "4" : "3",
  date: new Date().toISOString().slice(0, 10),
  ...Object.fromEntries(Object.entries(values).filter(([name]) => name !== "out" && name !== "below")),
});
await Deno.writeFile(values.out, file);
console.log(`Wrote ${(file.length / 1e6).toFixed(2)} MB after ${seconds()} s`);

function seconds(): string {
  return ((performance.now() - start) / 1000).toFixed(1);
}
