/**
 * What a step takes on the CPU while a GPU has nothing to do, where picture and optimiser are not on the device:
 *
 *     deno task bench host_step [sizes, as 668,1024] [L-BFGS' history]
 *
 * Milliseconds, median of ten. An engine that moves the picture itself needs the last column alone, where a frame is due.
 *
 * @module
 */
import { createOptimizer } from "../engine/optimizers/create.ts";
import { toPicture } from "../engine/picture.ts";
import { PRESETS } from "../engine/options/presets.ts";
import { formulaPixels } from "../engine/testing/formula.ts";
import { addTotalVariation } from "../engine/objective/total_variation.ts";
import { median, row } from "./table.ts";

const sizes = (Deno.args[0] ?? "668,1024").split(",").map(Number);
const history = Number(Deno.args[1] ?? 10);

function milliseconds<T>(call: (prepared: T) => void, prepare: () => T): string {
  const times = Array.from({ length: 10 }, () => {
    const prepared = prepare();
    const started = performance.now();
    call(prepared);
    return performance.now() - started;
  });
  return median(times).toFixed(1);
}

console.log(row("size", "Adam", `L-BFGS, history ${history}`, "total variation", "picture to 8 bits"));
console.log(row("--:", "--:", "--:", "--:", "--:"));
for (const side of sizes) {
  const size = { width: side, height: side };
  const pixels = formulaPixels(side, side, 1);
  const gradient = formulaPixels(side, side, 2).map((value) => value - 127.5);
  const state = () => ({ numbers: {}, arrays: { pixels: pixels.slice() } });
  const adam = createOptimizer(PRESETS.CLASSIC.optimizer, state(), size);
  const lbfgs = createOptimizer({ ...PRESETS.GATYS.optimizer, history }, state(), size);
  // A valley around 127.5, steeper in some values than in others, so that steps never end it.
  const evaluate = () => {
    const slope = lbfgs.query.map((value, i) => (1 + i % 97) * (value - 127.5));
    return { loss: slope.reduce((sum, value, i) => sum + value * value / (1 + i % 97), 0) / 2, gradient: slope };
  };
  for (let i = 0; i < history; i++) lbfgs.advance(evaluate());
  console.log(row(
    side,
    milliseconds(() => adam.advance({ loss: 1, gradient }), () => {}),
    milliseconds((point) => lbfgs.advance(point), evaluate),
    milliseconds(() => addTotalVariation(pixels, size, 0, gradient), () => {}),
    milliseconds(() => toPicture(pixels, size), () => {}),
  ));
}
