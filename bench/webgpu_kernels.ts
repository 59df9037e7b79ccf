/**
 * Where the time of one evaluation of CLASSIC's objective goes on this machine's GPU, by its own timestamps:
 *
 *     deno task bench webgpu_kernels [SIZE] [rounds]
 *
 * Timestamps have no unit that WebGPU tells, so they give shares; a run without them gives the milliseconds. With
 * timestamps each call is a pass of its own.
 *
 * @module
 */
import { Device } from "../engine/backends/webgpu/device.ts";
import { DeviceParameters } from "../engine/backends/webgpu/parameters.ts";
import { Program } from "../engine/backends/webgpu/program.ts";
import { SUMS } from "../engine/backends/webgpu/term_plan.ts";
import { formulaParameters } from "../engine/testing/formula.ts";
import { callName, classicPlan } from "./classic_plan.ts";
import { digits, median, row } from "./table.ts";

const [side = 668, rounds = 5] = Deno.args.map(Number);
const device = await Device.open();
if (!device.hasTimestamps) {
  console.error(`Cannot measure kernels: ${device.name} has no timestamps`);
  Deno.exit(1);
}
const parameters = new DeviceParameters(device, formulaParameters("conv4_3"));
const plan = classicPlan(side);
const program = await Program.create(device, plan, (buffer) => parameters.get(buffer));

/** Milliseconds until a run's losses are here. */
async function run(): Promise<number> {
  const started = performance.now();
  await program.run([program.reading(SUMS, 1)]);
  return performance.now() - started;
}

await run();
const runs: number[] = [];
const times: number[][] = [];
for (let round = 0; round < rounds; round++) {
  runs.push(await run());
  times.push(await program.time());
}
const whole = median(runs);
const calls = plan.dispatches.map((dispatch, i) => ({ dispatch, time: median(times.map((each) => each[i]!)) }));
const sum = calls.reduce((all, { time }) => all + time, 0);

console.log(`${device.name}, Deno ${Deno.version.deno}: ${digits(whole)} ms an evaluation at ${side}×${side}\n`);
console.log(row("kernel", "calls", "ms", "of all", "TFLOP/s", "GB/s"));
console.log(row("---", "--:", "--:", "--:", "--:", "--:"));
for (const [name, group] of Map.groupBy(calls, ({ dispatch }) => callName(dispatch))) {
  const total = (of: (call: typeof group[number]) => number) => group.reduce((all, each) => all + of(each), 0);
  const share = total(({ time }) => time) / sum;
  const milliseconds = share * whole;
  const rate = (amount: number, unit: number) => digits(amount / (milliseconds / 1000) / unit);
  console.log(row(
    name,
    group.length,
    digits(milliseconds),
    `${(100 * share).toFixed(1)} %`,
    rate(total(({ dispatch }) => dispatch.work.flops), 1e12),
    rate(total(({ dispatch }) => dispatch.work.bytes), 1e9),
  ));
}
program.dispose();
parameters.dispose();
await device.close();
