/**
 * Seconds per CLASSIC step of the engine next to the article's program in PyTorch, in turns on the same machine:
 *
 *     PYTHON=/path/to/bin/python3[,…] deno task bench step_seconds [sizes, as 256,668] [rounds] [style layer]
 *
 * `PYTHON` names one Python or several, each with its own PyTorch; the newest comes first, and each counts with the faster
 * of its two memory layouts. `python3 -m venv NEW && NEW/bin/pip install torch numpy pillow` makes one with today's.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelBuilder } from "../engine/backends/onnx/model.ts";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { PRESETS } from "../engine/options/presets.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { stepFlops } from "../engine/estimate/estimate.ts";
import { formulaParameters, formulaPixels } from "../engine/testing/formula.ts";
import { classicObjective, classicStep } from "./classic_step.ts";
import { python, PYTHONS, SHARED } from "./inputs.ts";
import { median, row } from "./table.ts";

const sizes = (Deno.args[0] ?? "668").split(",").map(Number);
const rounds = Number(Deno.args[1] ?? 3);
const styleLayers = Deno.args[2] ? [{ layer: Deno.args[2], weight: 1 }] : PRESETS.CLASSIC.styleLayers;
const threads = navigator.hardwareConcurrency;

/** GFLOP/s of a product of large matrices: what this machine can do at best. */
async function measuredPeak(): Promise<number> {
  const n = 2048;
  const graph = new ModelBuilder();
  graph.output("y", graph.node("MatMul", [graph.input("a", [n, n]), graph.input("b", [n, n])]), [n, n]);
  const session = await InferenceSession.create(graph.toBytes(), { intraOpNumThreads: threads });
  const matrix = new Tensor("float32", formulaPixels(n, n, 1).subarray(0, n * n), [n, n]);
  let best = 0;
  for (let run = 0; run < 10; run++) {
    const started = performance.now();
    await session.run({ a: matrix, b: matrix });
    best = Math.max(best, 2 * n ** 3 / (performance.now() - started) / 1e6);
  }
  await session.release();
  return best;
}

/** A Python and the version of its PyTorch. */
interface Torch {
  readonly program: string;
  readonly version: string;
}

/** Every PyTorch that was asked for, the newest first. */
async function torches(): Promise<Torch[]> {
  const ask = "import torch; print(torch.__version__)";
  const found = await Promise.all(PYTHONS.map(async (program) => {
    const version = (await python(program, "-c", ask))[0]!.split("+")[0]!;
    return { program, version };
  }));
  return found.sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }));
}

/** Seconds of the article's step in one layout, median of a few. */
async function torchStep({ program }: Torch, size: number, ...layout: string[]): Promise<number> {
  const layers = styleLayers.map(({ layer }) => layer).join();
  const args = ["bench", "--size", `${size}`, "--steps", size > 1024 ? "2" : "4", "--threads", `${threads}`];
  const [line] = await python(program, `${SHARED}reference/reference.py`, ...args, "--style-layers", layers, ...layout);
  return JSON.parse(line!).seconds_per_step_median;
}

const peak = await measuredPeak();
const rivals = (await torches()).map((torch) => ({ torch, plain: [] as number[], channelsLast: [] as number[] }));
console.log(`A product of 2048² matrices: ${peak.toFixed(0)} GFLOP/s\n`);
console.log(
  row("size", "engine s/step", "GFLOP/s", "of the peak", "PyTorch", "s/step", "channels_last", "ratio to the better"),
);
console.log(row(...Array(8).fill("---")));
for (const size of sizes) {
  const backend = await OnnxBackend.open(formulaParameters(), "cpu", { threads });
  const engine = await classicStep(backend, classicObjective(size, styleLayers));
  await engine.evaluate();
  const mine: number[] = [];
  for (const { plain, channelsLast } of rivals) plain.length = channelsLast.length = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 3; i++) mine.push(await engine.evaluate());
    for (const { torch, plain, channelsLast } of rivals) {
      plain.push(await torchStep(torch, size));
      channelsLast.push(await torchStep(torch, size, "--channels-last"));
    }
  }
  await engine.dispose();
  const seconds = median(mine);
  const flops = stepFlops(
    { width: size, height: size },
    resolveOptions({ preset: "CLASSIC", styleLayers }, { width: 1, height: 1 }, 0),
  );
  for (const { torch, plain, channelsLast } of rivals) {
    console.log(row(
      size,
      seconds.toFixed(3),
      (flops / seconds / 1e9).toFixed(0),
      `${(flops / seconds / 1e7 / peak).toFixed(0)} %`,
      torch.version,
      median(plain).toFixed(3),
      median(channelsLast).toFixed(3),
      (seconds / Math.min(median(plain), median(channelsLast))).toFixed(2),
    ));
  }
}
