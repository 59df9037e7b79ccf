/**
 * What bounds a CLASSIC step on a GPU, by arithmetic: nothing is measured here.
 *
 *     deno task bench gpu_bounds [SIZE] [TFLOP/s in float32] [in TF32] [in float16] [TB/s of memory]
 *
 * Operations are those of `stepFlops()`; bytes are what the operators of the step graph read and write when each is a pass
 * over memory of its own. The peaks are those of NVIDIA's data sheet of the H200 SXM, dense.
 *
 * @module
 */
import { stepFlops } from "../engine/estimate/estimate.ts";
import { featureSize } from "../engine/objective/objective.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { layersUpTo } from "../engine/vgg16.ts";
import { row } from "./table.ts";

const [side = 668, float32 = 67, tf32 = 494, float16 = 989, bandwidth = 4.8] = Deno.args.map(Number);
const size = { width: side, height: side };
const operations = stepFlops(size, resolveOptions({ preset: "CLASSIC" }, size, 0));

/** Values that are read or written in a step. */
function values(): number {
  let [sum, input] = [0, 3 * side * side];
  for (const layer of layersUpTo("conv4_3")) {
    if (layer.kind === "pool") {
      // Forward 1¼; which input is the maximum (repeat, subtract, step, count) 7½; gradient (divide, repeat, multiply) 5½.
      sum += 14.25 * input;
      input /= 4;
      continue;
    }
    const { width, height, channels } = featureSize(size, layer.name);
    const output = width * height * channels;
    // Convolution and that of its gradient; ReLU 2, its derivative 2, its product with the gradient 3.
    sum += 2 * (input + output) + 7 * output;
    input = output;
  }
  return sum;
}

const milliseconds = (seconds: number) => (1000 * seconds).toFixed(2);
console.log(
  `${side}×${side}: ${(operations / 1e9).toFixed(0)} GFLOP and ${(values() / 1e9).toFixed(2)}·10⁹ values a step`,
);
console.log(row("convolutions in", "ms of operations", "ms of memory", "sum", "steps/s"));
console.log(row("---", "--:", "--:", "--:", "--:"));
for (const [name, peak, bytes] of [["float32", float32, 4], ["TF32", tf32, 4], ["float16", float16, 2]] as const) {
  const [compute, memory] = [operations / (peak * 1e12), bytes * values() / (bandwidth * 1e12)];
  const sum = compute + memory;
  console.log(row(name, milliseconds(compute), milliseconds(memory), milliseconds(sum), (1 / sum).toFixed(0)));
}
