/**
 * How exact the ways to match a style are, and what they cost:
 *
 *     deno task bench style_terms [side]
 *
 * Errors are those of the golden values from PyTorch in float64 (`engine/conformance/golden/`), the largest of each kind.
 * Seconds are of steps in turns, medians of the rounds, as ratios to Gram matrices alone.
 *
 * @module
 */
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { PreparedScale } from "../engine/descent/prepared_scale.ts";
import { decodeFloats, NEIGHBOR_CASES, OBJECTIVE_CASES, type ObjectiveCase } from "../engine/conformance/cases.ts";
import { evaluateCase } from "../engine/conformance/conformance.ts";
import type { StyleMatch } from "../engine/options/options.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { toPixels } from "../engine/picture.ts";
import { relativeDistance } from "../engine/testing/distance.ts";
import { formulaParameters } from "../engine/testing/formula.ts";
import { BGR_MEAN } from "../engine/vgg16.ts";
import { resizePicture } from "../images/resize.ts";
import { squarePicture, vgg16Parameters } from "./inputs.ts";
import { row } from "./table.ts";

const ROUNDS = 7;
const MATCHES: readonly StyleMatch[] = ["GRAM", "GRAM_AND_MOMENTS", "NEIGHBORS"];
const KINDS: Readonly<Record<string, readonly ObjectiveCase[]>> = {
  "Gram matrices": OBJECTIVE_CASES.filter(({ name }) => name.startsWith("style at")),
  "Gram matrices and moments": OBJECTIVE_CASES.filter(({ moments }) => moments),
  "neighbours": NEIGHBOR_CASES,
};

const exact = await OnnxBackend.open(formulaParameters());
console.log(row("term", "cases", "loss, relative", "gradient, ‖Δ‖ / ‖g‖"));
console.log(row("---", "---:", "---:", "---:"));
for (const [name, cases] of Object.entries(KINDS)) {
  let [loss, gradient] = [0, 0];
  for (const golden of cases.filter(({ inputMean }) => inputMean.join() === BGR_MEAN.join())) {
    const found = await evaluateCase(exact, golden);
    golden.losses.forEach((wanted, i) => loss = Math.max(loss, Math.abs(found.losses[i]! / wanted - 1)));
    gradient = Math.max(gradient, relativeDistance(found.gradient, decodeFloats(golden.gradient)));
  }
  console.log(row(name, `${cases.length}`, loss.toExponential(1), gradient.toExponential(1)));
}
await exact.close();

const side = Number(Deno.args[0] ?? 192);
const backend = await OnnxBackend.open(await vgg16Parameters());
const [content, style] = [await squarePicture("still-life", side), await squarePicture("woodcut-waves", side)];
const scales = await Promise.all(MATCHES.map((styleMatch) => {
  const options = resolveOptions({ preset: "FAST", styleMatch, scales: [{ size: side, steps: 1 }] }, content, 1);
  const input = { options, content, styles: [{ picture: style, weight: 1 }] };
  return PreparedScale.prepare(backend, resizePicture, input, options.scales[0]!);
}));
const seconds = MATCHES.map((): number[] => []);
const weights = { contentWeight: 1, styleWeight: 1, tvWeight: 0 };
for (let round = 0; round <= ROUNDS; round++) {
  for (const [i, scale] of scales.entries()) {
    const started = performance.now();
    await scale.evaluate(toPixels(content), weights);
    // The first round sets everything up.
    if (round > 0) seconds[i]!.push(performance.now() - started);
  }
}
for (const scale of scales) await scale.dispose();
await backend.close();
const ratios = seconds.map((own) => median(own.map((value, round) => value / seconds[0]![round]!)));
console.log(`\nSeconds of a step at ${side}², over those of GRAM in the same round, medians of ${ROUNDS}:\n`);
console.log(row(...MATCHES));
console.log(row(...MATCHES.map(() => "---:")));
console.log(row(...ratios.map((ratio) => ratio.toFixed(2))));

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
