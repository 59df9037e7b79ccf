/**
 * One evaluation of CLASSIC's objective on the project's own WebGPU kernels and on ONNX Runtime's, in turns:
 *
 *     deno task bench webgpu_step [sizes, as 128,256] [rounds]
 *
 * On a driver that computes on the CPU, the processor's time of both is what counts: other processes take no part in it.
 *
 * @module
 */
import process from "node:process";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { WebgpuBackend } from "../engine/backends/webgpu/backend.ts";
import { formulaParameters } from "../engine/testing/formula.ts";
import { classicObjective, classicStep } from "./classic_step.ts";
import { median, row } from "./table.ts";

const [sizes = "128,256", rounds = "5"] = Deno.args;

/** Seconds of all threads of this process. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const parameters = formulaParameters("conv4_3");
const onnx = await OnnxBackend.open(parameters, "webgpu");
const own = await WebgpuBackend.open(parameters);
console.log(`${own.info.device}, Deno ${own.info.version}, ONNX Runtime ${onnx.info.version}\n`);
console.log(row("size", "ONNX Runtime's step, s", "own step, s", "ratio", "ratio of the processor's time"));
console.log(row("--:", "--:", "--:", "--:", "--:"));
for (const side of sizes.split(",").map(Number)) {
  const steps = [
    await classicStep(onnx, classicObjective(side)),
    await classicStep(own, classicObjective(side)),
  ] as const;
  for (const { evaluate } of steps) await evaluate();
  const figures: { readonly seconds: number[]; readonly processor: number[] }[] = [];
  for (let round = 0; round < Number(rounds); round++) {
    const [seconds, processor]: [number[], number[]] = [[], []];
    for (const { evaluate } of steps) {
      const started = processorSeconds();
      seconds.push(await evaluate());
      processor.push(processorSeconds() - started);
    }
    figures.push({ seconds, processor });
  }
  const middle = (of: (figure: typeof figures[number]) => number) => median(figures.map(of)).toPrecision(3);
  console.log(row(
    side,
    middle(({ seconds }) => seconds[0]!),
    middle(({ seconds }) => seconds[1]!),
    middle(({ seconds }) => seconds[1]! / seconds[0]!),
    middle(({ processor }) => processor[1]! / processor[0]!),
  ));
  for (const { dispose } of steps) await dispose();
}
await own.close();
await onnx.close();
