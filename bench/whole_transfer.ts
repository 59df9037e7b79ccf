/**
 * What a whole transfer takes, scale by scale, and how much of that is in the steps' evaluations, in targets and compiling
 * before the first step, and in all else: optimiser, pictures, carrying over. Seconds of all processors together:
 *
 *     deno task bench whole_transfer [preset] [content+style] [size]
 *
 * @module
 */
import type { Backend } from "../engine/backends/backend.ts";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { Optimisation } from "../engine/descent/optimisation.ts";
import { frameIsDue } from "../engine/options/frame_due.ts";
import type { PresetName } from "../engine/options/options.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { withEvaluators } from "../engine/testing/tampered_backend.ts";
import { resizePicture } from "../images/resize.ts";
import { squarePicture, vgg16Parameters } from "./inputs.ts";
import { processorSeconds } from "./processor_time.ts";
import { row } from "./table.ts";

const [preset = "FAST", pair = "hoovertowernight+starry_night", side = "256"] = Deno.args;
const size = Number(side);
const [contentName, styleName] = pair.split("+") as [string, string];

/** Of one scale. */
interface Spent {
  steps: number;
  evaluating: number;
  preparing: number;
  all: number;
}

let spent: Spent = { steps: 0, evaluating: 0, preparing: 0, all: 0 };

/** Adds what a call takes. */
async function timed<T>(part: "evaluating" | "preparing", call: () => Promise<T>): Promise<T> {
  const before = processorSeconds();
  const result = await call();
  spent[part] += processorSeconds() - before;
  return result;
}

const engine = await OnnxBackend.open(await vgg16Parameters());
const counted = withEvaluators(engine, (evaluator) => ({
  evaluate: (...args) => timed("evaluating", () => evaluator.evaluate(...args)),
  dispose: () => evaluator.dispose(),
}));
const backend: Backend = {
  ...counted,
  features: (...args) => timed("preparing", () => engine.features(...args)),
  grams: (...args) => timed("preparing", () => engine.grams(...args)),
  places: (...args) => timed("preparing", () => engine.places(...args)),
  nearest: (...args) => timed("preparing", () => engine.nearest(...args)),
  compile: (...args) => timed("preparing", () => counted.compile(...args)),
};

const content = await squarePicture(contentName, size);
const styles = [{ picture: await squarePicture(styleName, size), weight: 1 }];
const options = resolveOptions({ preset: preset as PresetName, size }, content, 1);
const optimisation = await Optimisation.start(backend, resizePicture, { options, content, styles });
console.log(row("size", "steps", "processor s", "evaluating", "targets and compiling", "all else"));
console.log(row(...Array<string>(6).fill("---")));
let total = 0;
for (const { size, steps } of options.scales) {
  spent = { steps, evaluating: 0, preparing: 0, all: 0 };
  const before = processorSeconds();
  for (let i = 0; i < steps; i++) {
    const { step } = await optimisation.advance();
    if (frameIsDue(options, step)) await optimisation.picture();
  }
  spent.all = processorSeconds() - before;
  total += spent.all;
  const share = (part: number) => `${part.toFixed(2)} (${(100 * part / spent.all).toFixed(1)} %)`;
  const { evaluating, preparing, all } = spent;
  console.log(
    row(size, steps, all.toFixed(2), share(evaluating), share(preparing), share(all - evaluating - preparing)),
  );
}
console.log(`\n${preset}: ${total.toFixed(1)} s of the processors`);
await optimisation.dispose();
await engine.close();
