/**
 * Measures one engine, in a process of its own so that a crash ends nothing else:
 *
 *     deno run -A bench/gpu_engine.ts ENGINE[:PRECISION] SIZES SECONDS
 *
 * Prints what the engine is, and after each size how long its steps took: one line of JSON each.
 *
 * @module
 */
import type { Backend } from "../engine/backends/backend.ts";
import { openBackend } from "../engine/backends/open.ts";
import { Optimisation } from "../engine/descent/optimisation.ts";
import { PRECISIONS } from "../engine/backends/precision.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { formulaParameters, formulaPicture } from "../engine/testing/formula.ts";
import { encodePicture } from "../images/encode.ts";
import { resizePicture } from "../images/resize.ts";
import { classicObjective, classicStep } from "./classic_step.ts";
import { median } from "./table.ts";

/** What one size gave. */
export interface EngineFigures {
  readonly size: number;
  /** Median of one evaluation of CLASSIC's objective: losses and gradient, picture in, gradient out. */
  readonly evaluation: number;
  /** Mean of a whole step of a CLASSIC transfer whose every picture is encoded as a JPEG. */
  readonly step: number;
  readonly steps: number;
}

/** Steps that are enough for a mean, and that CLASSIC takes. */
const MOST_STEPS = 100;
const FEWEST_STEPS = 3;

if (import.meta.main) {
  try {
    await measure(...Deno.args);
  } catch (error) {
    console.error(error instanceof Error ? error.message.split("\n")[0] : error);
    Deno.exit(1);
  }
}

async function measure(engine = "onnx:cpu", sizes = "256", seconds = "3"): Promise<void> {
  const precision = PRECISIONS.find((each) => engine.endsWith(`:${each}`));
  let said = `has no ${precision} here`;
  const backend = await openBackend(
    precision ? engine.slice(0, -precision.length - 1) : engine,
    formulaParameters("conv4_3"),
    (line) => {
      if (line.includes(" computes in ")) said = line;
      console.error(line);
    },
    precision ? { precision } : {},
  );
  if (precision && backend.info.precision !== precision) throw new Error(said);
  console.log(JSON.stringify(backend.info));
  for (const size of sizes.split(",").map(Number)) {
    const evaluation = await evaluationSeconds(backend, size, Number(seconds));
    const { step, steps } = await transferSeconds(backend, size, evaluation, Number(seconds));
    console.log(JSON.stringify({ size, evaluation, step, steps } satisfies EngineFigures));
  }
  await backend.close();
}

async function evaluationSeconds(backend: Backend, side: number, seconds: number): Promise<number> {
  const { evaluate, dispose } = await classicStep(backend, classicObjective(side));
  try {
    await evaluate();
    await evaluate();
    const times: number[] = [];
    const end = performance.now() + 1000 * seconds;
    while (times.length < FEWEST_STEPS || (times.length < MOST_STEPS && performance.now() < end)) {
      times.push(await evaluate());
    }
    return median(times);
  } finally {
    await dispose();
  }
}

/** A CLASSIC transfer end to end, all its steps where they fit into four times the seconds. */
async function transferSeconds(backend: Backend, side: number, evaluation: number, seconds: number) {
  const steps = Math.max(FEWEST_STEPS, Math.min(MOST_STEPS, Math.floor(4 * seconds / evaluation)));
  const size = { width: side, height: side };
  const options = resolveOptions({ preset: "CLASSIC", scales: [{ size: side, steps: steps + 1 }] }, size, 1);
  const optimisation = await Optimisation.start(backend, resizePicture, {
    options,
    content: formulaPicture(side, side, 1001),
    styles: [{ picture: formulaPicture(side, side, 1002), weight: 1 }],
  });
  try {
    // The first step takes the targets and compiles.
    await optimisation.advance();
    const started = performance.now();
    let encoded: Promise<unknown> = Promise.resolve();
    while (!optimisation.finished) {
      await optimisation.advance();
      const picture = await optimisation.picture();
      await encoded;
      encoded = encodePicture(picture, { format: "JPEG" });
    }
    await encoded;
    return { step: (performance.now() - started) / 1000 / steps, steps };
  } finally {
    await optimisation.dispose();
  }
}
