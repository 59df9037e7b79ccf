/**
 * What an optimiser's own arithmetic costs a step, without any evaluation: on a quadratic bowl in place of the network.
 * Time of the processor, median of a few steps with a full history:
 *
 *     deno task bench host_step [sizes, as 256,668]
 *
 * @module
 */
import { resolveOptions } from "../engine/options/resolve.ts";
import { OPTIONS } from "../engine/options/table.ts";
import { createOptimizer } from "../engine/optimizers/create.ts";
import { formulaPixels } from "../engine/testing/formula.ts";
import { processorSeconds } from "./processor_time.ts";
import { median, row } from "./table.ts";

const sizes = (Deno.args[0] ?? "256,512,668").split(",").map(Number);
const STEPS = 9;

console.log(row("size", "optimizer", "ms a step"));
console.log(row("---", "---", "---"));
for (const size of sizes) {
  for (const kind of OPTIONS.optimizer.value.parts.kind.value.choices) {
    const square = { width: size, height: size };
    const { optimizer: options } = resolveOptions({ optimizer: { kind }, size }, square, 0);
    const pixels = formulaPixels(size, size, 1);
    const optimizer = createOptimizer(options, { numbers: {}, arrays: { pixels } }, square);
    const milliseconds: number[] = [];
    for (let step = 0; step < options.history + STEPS; step++) {
      let loss = 0;
      const gradient = optimizer.query.map((value, i) => value * (1 + i % 7));
      for (let i = 0; i < gradient.length; i++) loss += gradient[i]! * optimizer.query[i]! / 2;
      const started = processorSeconds();
      optimizer.advance({ loss, gradient });
      milliseconds.push(1000 * (processorSeconds() - started));
    }
    console.log(row(size, kind, median(milliseconds.slice(-STEPS)).toFixed(1)));
  }
}
