/**
 * CLASSIC on TensorFlow: how far its losses are from ONNX Runtime's at each step.
 *
 *     deno task bench engine_curves [size] [steps]
 *
 * At the same picture they must agree to one part in 10,000, or the program ends with status 1. Left to themselves transfers
 * drift apart: Adam divides by the size of the gradient, so that the sign of one that is almost 0, which rounding decides,
 * moves a pixel by the whole learning rate. The last two columns show that: the same transfer left to itself on ONNX Runtime,
 * and on ONNX Runtime with its features in another order, whose sums are rounded differently.
 *
 * @module
 */
import type { Backend } from "../engine/backends/backend.ts";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { PlanarLayout } from "../engine/backends/onnx/planar_layout.ts";
import { TensorflowBackend } from "../engine/backends/tensorflow/backend.ts";
import { initialPixels } from "../engine/descent/initial_pixels.ts";
import { PreparedScale } from "../engine/descent/prepared_scale.ts";
import type { Losses } from "../engine/objective/losses.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { createOptimizer } from "../engine/optimizers/create.ts";
import { resizePicture } from "../images/resize.ts";
import { squarePicture, vgg16Parameters } from "./inputs.ts";
import { median, row } from "./table.ts";

const TOLERANCE = 1e-4;

const [side = 256, steps = 100] = Deno.args.map(Number);
const size = { width: side, height: side };
const parameters = await vgg16Parameters();
const content = await squarePicture("still-life", side);
const styles = [{ picture: await squarePicture("starry-swirls", side), weight: 1 }];
const options = resolveOptions({ preset: "CLASSIC", scales: [{ size: side, steps }], seed: 1 }, content, 1);
const input = { options, content, styles };

/** A transfer that moves by the gradients of one engine. */
async function begin(backend: Backend) {
  const prepared = await PreparedScale.prepare(backend, resizePicture, input, options.scales[0]!);
  const pixels = await initialPixels(input, size, resizePicture);
  const optimizer = createOptimizer(options.optimizer, { numbers: {}, arrays: { pixels } }, size);
  return { prepared, optimizer };
}

const tensorflow = await begin(await TensorflowBackend.open(parameters));
const onnx = await begin(await OnnxBackend.open(parameters));
const planar = await begin(await OnnxBackend.open(parameters, { layout: new PlanarLayout() }));

/** One step of a transfer: the losses before it. */
async function step({ prepared, optimizer }: typeof onnx): Promise<Losses> {
  const { losses, gradient } = await prepared.evaluate(optimizer.query, options);
  optimizer.advance({ loss: losses.total, gradient });
  return losses;
}

/** Largest relative difference of the total and of each layer's loss. */
function distance(found: Losses, wanted: Losses): number {
  const values = ({ total, layers }: Losses) => [total, ...layers.map(({ value }) => value)];
  const all = values(wanted);
  return Math.max(...values(found).map((value, i) => Math.abs(value / all[i]! - 1)));
}

console.log(row("step", "total", "difference at the same picture", "left to itself", "ONNX Runtime's own, planar"));
console.log(row("---", "---", "---", "---", "---"));
const seconds: [number[], number[]] = [[], []];
let worst = 0;
for (let count = 1; count <= steps; count++) {
  const begun = performance.now();
  const same = await onnx.prepared.evaluate(tensorflow.optimizer.query, options);
  const between = performance.now();
  const losses = await step(tensorflow);
  seconds[0].push((performance.now() - between) / 1000);
  seconds[1].push((between - begun) / 1000);
  const [theirs, theirOwn] = [await step(onnx), await step(planar)];
  const here = distance(losses, same.losses);
  worst = Math.max(worst, here);
  if (count > 10 && count % 10 !== 0) continue;
  const drifts = [distance(losses, theirs), distance(theirOwn, theirs)];
  console.log(row(count, losses.total.toPrecision(7), ...[here, ...drifts].map((each) => each.toExponential(1))));
}
const [mine, theirs] = seconds.map(median) as [number, number];
console.log(`Largest difference at the same picture: ${worst.toExponential(1)}`);
console.log(`Seconds a step, median: ${mine.toFixed(3)} and ${theirs.toFixed(3)}, ${(mine / theirs).toFixed(2)} times`);
Deno.exit(worst <= TOLERANCE ? 0 : 1);
