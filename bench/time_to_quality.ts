/**
 * How soon each way of optimising reaches what the article's program has after 100 steps:
 *
 *     deno task bench time_to_quality [content+style/size]...
 *
 * The article's program is CLASSIC: noise, Adam, 100 steps. First its objective is given to other optimisers, start pictures and schedules; then presets run with objectives of
 * their own. A step costs its floating-point operations, in units of a full-size step of the article's program, so that this
 * does not depend on what else the machine does; the seconds do. `closed` and `content` are style_gap.py's, of the last picture.
 *
 * @module
 */
import type { Backend } from "../engine/backends/backend.ts";
import { stepFlops } from "../engine/estimate/estimate.ts";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { Optimisation } from "../engine/descent/optimisation.ts";
import type { TransferRequest } from "../engine/options/options.ts";
import type { Picture } from "../engine/picture.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { resizePicture } from "../images/resize.ts";
import { reference, requireShared, squarePicture, vgg16Parameters, writePng } from "./inputs.ts";
import { row } from "./table.ts";

const DEFAULT = [
  "hoovertowernight+starry_night/256",
  "tubingen+the_scream/256",
  "mountain-lake+starry-swirls/256",
  "hoovertowernight+starry_night/512",
];
const SEED = 1;
/** The article's program: its picture after 100 steps has the losses of step 101. */
const ARTICLE: TransferRequest = { preset: "CLASSIC" };
const LBFGS = { kind: "LBFGS" } as const;
const FROM_CONTENT = { kind: "CONTENT" } as const;

interface Way {
  readonly name: string;
  readonly request: TransferRequest;
  /** Whether its loss is the article's. */
  readonly same: boolean;
}

function waysOf(size: number): Way[] {
  const coarse = Math.round(size / 2);
  const same = (name: string, request: TransferRequest): Way => ({
    name,
    request: { ...ARTICLE, ...request },
    same: true,
  });
  return [
    same("the article's program", { size, steps: 101 }),
    same("L-BFGS from the content", { size, steps: 30, optimizer: LBFGS, init: FROM_CONTENT }),
    { name: "FAST", request: { preset: "FAST", size }, same: false },
    same("L-BFGS from the content, coarse to fine", {
      scales: [{ size: coarse, steps: 15 }, { size, steps: 30 }],
      optimizer: LBFGS,
      init: FROM_CONTENT,
    }),
    same("L-BFGS from noise", { size, steps: 60, optimizer: LBFGS }),
    same("Adam from the content", { size, steps: 40, init: FROM_CONTENT }),
    { name: "BALANCED", request: { preset: "BALANCED", size }, same: false },
  ];
}

interface Run {
  readonly result: Picture;
  /** The article's total loss by step of the last scale; for other objectives of the last picture alone. */
  readonly losses: readonly number[];
  /** From the start to the end of each step of the last scale. */
  readonly seconds: readonly number[];
  /** Over all scales, and in the last. */
  readonly steps: number;
  readonly lastSteps: number;
  /** In full-size steps of the article's program: all scales before the last, and a step of the last. */
  readonly coarseCost: number;
  readonly stepCost: number;
}

async function run(backend: Backend, { request, same }: Way, content: Picture, style: Picture): Promise<Run> {
  const options = resolveOptions(request, content, SEED);
  const styles = [{ picture: style, weight: 1 }];
  const optimisation = await Optimisation.start(backend, resizePicture, { options, content, styles });
  const losses: number[] = [];
  const seconds: number[] = [];
  let spent = 0;
  while (!optimisation.finished) {
    const report = await optimisation.advance();
    spent += report.seconds;
    if (report.size.width !== options.width) continue;
    seconds.push(spent);
    if (same) losses.push(report.losses.total);
  }
  const result = await optimisation.picture();
  await optimisation.dispose();
  if (!same) losses.push(await articleLoss(backend, content, style, result));
  const full = stepFlops(options, resolveOptions({ ...ARTICLE, size: options.width }, content, SEED));
  const costs = options.scales.map((scale) => stepFlops(scale, options) / full);
  const coarseCost = options.scales.slice(0, -1).reduce((sum, { steps }, i) => sum + steps * costs[i]!, 0);
  const lastSteps = options.scales.at(-1)!.steps;
  return { result, losses, seconds, steps: options.steps, lastSteps, coarseCost, stepCost: costs.at(-1)! };
}

/** What the article's objective says of a picture. */
async function articleLoss(backend: Backend, content: Picture, style: Picture, initPicture: Picture): Promise<number> {
  const request: TransferRequest = { ...ARTICLE, size: content.width, steps: 1, init: { kind: "IMAGE" } };
  const options = resolveOptions(request, content, SEED);
  const styles = [{ picture: style, weight: 1 }];
  const input = { options, content, styles, initPicture };
  const optimisation = await Optimisation.start(backend, resizePicture, input);
  const { losses } = await optimisation.advance();
  await optimisation.dispose();
  return losses.total;
}

async function compare(backend: Backend, what: string, folder: string): Promise<void> {
  const [pair, side] = what.split("/") as [string, string];
  const [contentName, styleName] = pair.split("+") as [string, string];
  const size = Number(side);
  const [content, style] = [await squarePicture(contentName, size), await squarePicture(styleName, size)];
  const write = (name: string, picture: Picture) => writePng(`${folder}/${name}.png`, picture);
  const pictures = [await write("content", content), await write("style", style)];
  console.log(`\n## ${contentName} + ${styleName}, ${size}²\n`);
  console.log(
    row(
      "way",
      "steps",
      "cost",
      "reached in steps",
      "at cost",
      "in seconds",
      "article's loss at the end",
      "closed",
      "content",
    ),
  );
  console.log(row(...Array<string>(9).fill("---")));
  let goal: number | undefined;
  for (const way of waysOf(size)) {
    const { result, losses, seconds, steps, lastSteps, coarseCost, stepCost } = await run(backend, way, content, style);
    goal ??= losses.at(-1)!;
    const index = losses.findIndex((loss) => loss <= goal!);
    const needed = way.same ? index + 1 : lastSteps;
    const file = await write("result", result);
    const { closed, content: kept } = JSON.parse((await reference("style_gap.py", ...pictures, file))[0]!);
    console.log(row(
      way.name,
      steps,
      (coarseCost + lastSteps * stepCost).toFixed(1),
      index < 0 ? "no" : steps - lastSteps + needed,
      index < 0 ? "" : (coarseCost + needed * stepCost).toFixed(1),
      index < 0 ? "" : seconds[needed - 1]!.toFixed(1),
      losses.at(-1)!.toPrecision(4),
      closed.toFixed(3),
      kept.toFixed(3),
    ));
  }
}

requireShared();
const backend = await OnnxBackend.open(await vgg16Parameters());
const folder = await Deno.makeTempDir();
try {
  for (const what of Deno.args.length > 0 ? Deno.args : DEFAULT) await compare(backend, what, folder);
} finally {
  await Deno.remove(folder, { recursive: true });
}
