/**
 * L-BFGS whose initial inverse Hessian may smooth beside L-BFGS without: evaluations until either has the loss
 * that the plain one has after `steps`, FAST's objective from the content picture:
 *
 *     deno task bench smoothing [size] [steps]
 */
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { Lbfgs } from "../engine/optimizers/lbfgs.ts";
import { InitialInverseHessian } from "../engine/optimizers/initial_inverse_hessian.ts";
import { smoothing } from "../engine/optimizers/smoothing.ts";
import { toPixels } from "../engine/picture.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { PreparedScale } from "../engine/descent/prepared_scale.ts";
import { resizePicture } from "../images/resize.ts";
import { squarePicture, vgg16Parameters } from "./inputs.ts";
import { row } from "./table.ts";

const size = Number(Deno.args[0] ?? 128);
const steps = Number(Deno.args[1] ?? 60);
const scale = { size, width: size, height: size, steps };
console.log(row("pictures", "loss", "steps without", "steps with", "ratio"));
console.log(row("---", "--:", "--:", "--:", "--:"));
const backend = await OnnxBackend.open(await vgg16Parameters());
for (const [contentName, styleName] of [["hoovertowernight", "starry_night"], ["tubingen", "the_scream"]] as const) {
  const content = await squarePicture(contentName, size);
  const style = await squarePicture(styleName, size);
  const options = resolveOptions({ preset: "FAST", scales: [scale] }, content, 0);
  const input = { options, content, styles: [{ picture: style, weight: 1 }] };
  const prepared = await PreparedScale.prepare(backend, resizePicture, input, scale);
  /** The lowest loss after each evaluation. */
  const descend = async (initial: InitialInverseHessian): Promise<number[]> => {
    const state = { numbers: {}, arrays: { pixels: toPixels(content) } };
    const lbfgs = new Lbfgs(options.optimizer, state, initial);
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const { losses: { total: loss }, gradient } = await prepared.evaluate(lbfgs.query, options);
      lbfgs.advance({ loss, gradient });
      losses.push(Math.min(loss, losses.at(-1) ?? Infinity));
    }
    return losses;
  };
  const without = await descend(new InitialInverseHessian());
  const smoothed = await descend(new InitialInverseHessian(smoothing(scale)));
  await prepared.dispose();
  const goal = without.at(-1)!;
  const reached = smoothed.findIndex((loss) => loss <= goal) + 1;
  console.log(row(
    `${contentName}, ${styleName}`,
    goal.toPrecision(3),
    steps,
    reached || "not reached",
    reached ? (reached / steps).toFixed(2) : "",
  ));
}
await backend.close();
