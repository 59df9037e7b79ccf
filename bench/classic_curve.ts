/**
 * The losses of CLASSIC beside the article's program, from the same start picture (formula noise):
 *
 *     deno task bench classic_curve [size] [steps]
 */
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { createOptimizer } from "../engine/optimizers/create.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { PreparedScale } from "../engine/descent/prepared_scale.ts";
import { formulaPixels } from "../engine/testing/formula.ts";
import { resizePicture } from "../images/resize.ts";
import { SHIPPED_WEIGHTS } from "../weights/shipped.ts";
import { reference, squarePicture, vgg16Parameters, writePng } from "./inputs.ts";
import { row } from "./table.ts";

const size = Number(Deno.args[0] ?? 256);
const steps = Number(Deno.args[1] ?? 100);
const folder = await Deno.makeTempDir();
const content = await squarePicture("hoovertowernight", size);
const style = await squarePicture("starry_night", size);
const lines = await reference(
  "reference.py",
  "losses",
  ...["--weights", SHIPPED_WEIGHTS, "--style-layers", "conv4_3", "--init", "formula:7"],
  ...["--content", await writePng(`${folder}/content.png`, content)],
  ...["--style", await writePng(`${folder}/style.png`, style)],
  ...["--size", `${size}`, "--steps", `${steps}`],
);
const theirs = lines.map((line) => JSON.parse(line) as { step: number; total: number; content: number; style: number });

const backend = await OnnxBackend.open(await vgg16Parameters());
const options = resolveOptions(
  { preset: "CLASSIC", scales: [{ size, steps }] },
  content,
  0,
);
const input = { options, content, styles: [{ picture: style, weight: 1 }] };
const prepared = await PreparedScale.prepare(backend, resizePicture, input, options.scales[0]!);
const adam = createOptimizer(options.optimizer, { numbers: {}, arrays: { pixels: formulaPixels(size, size, 7) } }, {
  width: size,
  height: size,
});
console.log(row("step", "total", "reference", "difference", "content", "style"));
console.log(row("---", "---", "---", "---", "---", "---"));
let worst20 = 0;
let worst = 0;
for (let step = 1; step <= steps; step++) {
  const { losses, gradient } = await prepared.evaluate(adam.query, options);
  adam.advance({ loss: losses.total, gradient });
  const difference = losses.total / theirs[step - 1]!.total - 1;
  worst = Math.max(worst, Math.abs(difference));
  if (step <= 20) worst20 = worst;
  if (step <= 20 || step % 10 === 0) {
    const percent = `${(100 * difference).toFixed(3)} %`;
    const [total, theirTotal, c, s] = [losses.total, theirs[step - 1]!.total, losses.content, losses.style]
      .map((value) => value.toExponential(4));
    console.log(row(step, total!, theirTotal!, percent, c!, s!));
  }
}
console.log(
  `Largest difference: ${(100 * worst20).toFixed(3)} % in the first 20 steps, ${(100 * worst).toFixed(3)} % in all`,
);
await prepared.dispose();
await Deno.remove(folder, { recursive: true });
