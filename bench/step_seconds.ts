/**
 * Seconds per CLASSIC step of the engine next to the article's program in PyTorch, in turns on the same machine, by the
 * clock and of all processors together (user and system), which other work on the machine lengthens far less:
 *
 *     PYTHON=/path/to/bin/python3[,…] deno task bench step_seconds [sizes, as 256,668] [rounds] [style layer]
 *
 * GFLOP/s are those of direct convolutions, in whatever way a convolution is computed. `PYTHON` names one Python or
 * several, each with its own PyTorch; the newest comes first, and each counts with that of its two memory layouts which
 * takes the processors less. `python3 -m venv NEW && NEW/bin/pip install torch numpy pillow` makes one with today's.
 */
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelBuilder } from "../engine/backends/onnx/model.ts";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { PRESETS } from "../engine/options/presets.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { stepFlops } from "../engine/estimate/estimate.ts";
import { formulaParameters, formulaPixels } from "../engine/testing/formula.ts";
import { classicObjective, classicStep } from "./classic_step.ts";
import { python, PYTHONS, SHARED } from "./inputs.ts";
import { processorSeconds } from "./processor_time.ts";
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

/** What steps took, each of them. */
interface Steps {
  readonly seconds: number[];
  readonly processor: number[];
}

function noSteps(): Steps {
  return { seconds: [], processor: [] };
}

/** The medians of what steps took. */
function middle({ seconds, processor }: Steps) {
  return { seconds: median(seconds), processor: median(processor) };
}

/** Adds the article's step in one layout, median of a few. */
async function torchStep({ program }: Torch, size: number, steps: Steps, ...layout: string[]): Promise<void> {
  const layers = styleLayers.map(({ layer }) => layer).join();
  const args = ["bench", "--size", `${size}`, "--steps", size > 1024 ? "2" : "4", "--threads", `${threads}`];
  const script = [fileURLToPath(new URL("torch_step.py", import.meta.url)), `${SHARED}reference/reference.py`];
  const lines = await python(program, ...script, ...args, "--style-layers", layers, ...layout);
  const [clock, processor] = lines.map((line) => JSON.parse(line));
  steps.seconds.push(clock.seconds_per_step_median);
  steps.processor.push(processor.processor_seconds_per_step_median);
}

const peak = await measuredPeak();
const rivals = await torches();
console.log(`A product of 2048² matrices: ${peak.toFixed(0)} GFLOP/s\n`);
const HEADERS = ["size", "engine s/step", "processor s", "GFLOP/s", "of the peak"];
const RIVAL_HEADERS = ["PyTorch", "s/step", "processor s", "GFLOP/s", "layout", "ratio of s/step", "of processor s"];
console.log(row(...HEADERS, ...RIVAL_HEADERS));
console.log(row(...[...HEADERS, ...RIVAL_HEADERS].map(() => "---")));
for (const size of sizes) {
  const backend = await OnnxBackend.open(formulaParameters(), { threads });
  const engine = await classicStep(backend, classicObjective(size, styleLayers));
  await engine.evaluate();
  const own = noSteps();
  const others = rivals.map((torch) => ({ torch, planar: noSteps(), channelsLast: noSteps() }));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 3; i++) {
      const before = processorSeconds();
      own.seconds.push(await engine.evaluate());
      own.processor.push(processorSeconds() - before);
    }
    for (const { torch, planar, channelsLast } of others) {
      await torchStep(torch, size, planar);
      await torchStep(torch, size, channelsLast, "--channels-last");
    }
  }
  await engine.dispose();
  const mine = middle(own);
  const gflops = stepFlops(
    { width: size, height: size },
    resolveOptions({ preset: "CLASSIC", styleLayers }, { width: 1, height: 1 }, 0),
  ) / 1e9;
  for (const { torch, planar, channelsLast } of others) {
    const layouts = [{ layout: "planar", ...middle(planar) }, { layout: "channels_last", ...middle(channelsLast) }];
    const theirs = layouts.sort((a, b) => a.processor - b.processor)[0]!;
    console.log(row(
      size,
      mine.seconds.toFixed(3),
      mine.processor.toFixed(3),
      (gflops / mine.seconds).toFixed(0),
      `${(100 * gflops / mine.seconds / peak).toFixed(0)} %`,
      torch.version,
      theirs.seconds.toFixed(3),
      theirs.processor.toFixed(3),
      (gflops / theirs.seconds).toFixed(0),
      theirs.layout,
      (mine.seconds / theirs.seconds).toFixed(2),
      (mine.processor / theirs.processor).toFixed(2),
    ));
  }
}
