/**
 * What an optimiser's own arithmetic costs a step, without any evaluation: on a quadratic bowl in place of the network, that
 * is the steeper the more neighbours differ, as the network is; so L-BFGS smooths. Time of the processor and of the clock,
 * median of a few steps with a full history:
 *
 *     deno task bench host_step [sizes, as 256,668]
 *
 * @module
 */
import { resolveOptions } from "../engine/options/resolve.ts";
import { OPTIONS } from "../engine/options/table.ts";
import { createOptimizer } from "../engine/optimizers/create.ts";
import { dot } from "../engine/optimizers/vectors.ts";
import { formulaPixels } from "../engine/testing/formula.ts";
import { processorSeconds } from "./processor_time.ts";
import { median, row } from "./table.ts";

const sizes = (Deno.args[0] ?? "256,512,668").split(",").map(Number);
const STEPS = 9;

/** Σ x² (1 + i mod 7) / 20, and of all values the squares of the differences from that to the right and that below. */
function bowl(x: Float32Array, length: number) {
  const gradient = x.map((value, i) => value * (1 + i % 7) / 10);
  for (const away of [3, length]) {
    for (let i = 0; i + away < x.length; i++) {
      const difference = 2 * (x[i]! - x[i + away]!);
      gradient[i]! += difference;
      gradient[i + away]! -= difference;
    }
  }
  return { loss: dot(gradient, x) / 2, gradient };
}

console.log(row("size", "optimizer", "processor ms a step", "ms a step"));
console.log(row("---", "---", "---", "---"));
for (const size of sizes) {
  for (const kind of OPTIONS.optimizer.value.parts.kind.value.choices) {
    const square = { width: size, height: size };
    const { optimizer: options } = resolveOptions({ optimizer: { kind }, size }, square, 0);
    const pixels = formulaPixels(size, size, 1);
    const optimizer = createOptimizer(options, { numbers: {}, arrays: { pixels } }, square);
    const processor: number[] = [];
    const clock: number[] = [];
    for (let step = 0; step < options.history + STEPS; step++) {
      const point = bowl(optimizer.query, 3 * size);
      const [started, processorStarted] = [performance.now(), processorSeconds()];
      optimizer.advance(point);
      processor.push(1000 * (processorSeconds() - processorStarted));
      clock.push(performance.now() - started);
    }
    console.log(row(size, kind, ...[processor, clock].map((each) => median(each.slice(-STEPS)).toFixed(1))));
  }
}
