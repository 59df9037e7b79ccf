/**
 * What bounds a CLASSIC step of `ENGINE=webgpu` on published GPUs, by counting its kernels' operations and bytes: nothing is
 * measured here.
 *
 *     deno task bench webgpu_roofline [SIZE] [PRECISION]
 *
 * A kernel takes at least as long as its operations at the GPU's peak, and as its bytes at the bandwidth of its memory,
 * each value read or written once. Peaks are those of float32 and of memory in the manufacturers' data sheets.
 *
 * @module
 */
import type { Dispatch } from "../engine/backends/webgpu/plan.ts";
import { callName, classicPlan } from "./classic_plan.ts";
import { digits, row } from "./table.ts";

interface Gpu {
  readonly name: string;
  /** TFLOP/s in float32. */
  readonly peak: number;
  /** TB/s of memory. */
  readonly bandwidth: number;
}

const GPUS: readonly Gpu[] = [
  { name: "H100 SXM", peak: 67, bandwidth: 3.35 },
  { name: "RTX 4090", peak: 82.6, bandwidth: 1.008 },
  { name: "RX 7900 XTX", peak: 61.4, bandwidth: 0.96 },
  { name: "Arc A770", peak: 19.7, bandwidth: 0.56 },
  { name: "M3, 10 cores", peak: 4.1, bandwidth: 0.1 },
];
/** What good kernels reach of a peak. */
const REACHED = 0.6;
/** Between two dependent dispatches a GPU drains and fills again: microseconds. */
const GAP = 4;

const [side = 668] = Deno.args.slice(0, 1).map(Number);
const plan = classicPlan(side, Deno.args[1] === "float16");

const arithmetic = ({ work }: Dispatch, { peak }: Gpu) => work.flops / (peak * 1e9);
const memory = ({ work }: Dispatch, { bandwidth }: Gpu) => work.bytes / (bandwidth * 1e9);
const sum = (of: (dispatch: Dispatch) => number) => plan.dispatches.reduce((all, each) => all + of(each), 0);

console.log(
  `A CLASSIC step at ${side}×${side}: ${plan.dispatches.length} dispatches, ${
    digits(sum(({ work }) => work.flops) / 1e9)
  } GFLOP, ${digits(sum(({ work }) => work.bytes) / 1e9)} GB, buffers of ${digits(plan.bytes / 2 ** 20)} MiB\n`,
);
console.log(
  row(
    "GPU",
    "TFLOP/s",
    "TB/s",
    "ms of arithmetic",
    "ms of memory",
    "ms at least",
    `ms at ${100 * REACHED} %, with gaps`,
  ),
);
console.log(row("---", "--:", "--:", "--:", "--:", "--:", "--:"));
for (const gpu of GPUS) {
  const least = sum((each) => Math.max(arithmetic(each, gpu), memory(each, gpu)));
  console.log(row(
    gpu.name,
    gpu.peak,
    gpu.bandwidth,
    digits(sum((each) => arithmetic(each, gpu))),
    digits(sum((each) => memory(each, gpu))),
    digits(least),
    digits(least / REACHED + (GAP * plan.dispatches.length) / 1000),
  ));
}

console.log(`\n${row("kernel", "calls", "GFLOP", "MB", "FLOP a byte", "bound by memory on")}`);
console.log(row("---", "--:", "--:", "--:", "--:", "---"));
for (const [name, calls] of Map.groupBy(plan.dispatches, callName)) {
  const total = (of: (dispatch: Dispatch) => number) => calls.reduce((all, each) => all + of(each), 0);
  const [flops, bytes] = [total(({ work }) => work.flops), total(({ work }) => work.bytes)];
  const bound = GPUS.filter((gpu) => total((each) => memory(each, gpu)) > total((each) => arithmetic(each, gpu)));
  const where = bound.length === GPUS.length ? "all" : bound.map((gpu) => gpu.name).join("; ") || "none";
  console.log(row(name, calls.length, digits(flops / 1e9), digits(bytes / 1e6), digits(flops / bytes), where));
}
