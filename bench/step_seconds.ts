/**
 * Seconds per CLASSIC step of the engine next to the article's program in PyTorch, in turns on the same machine:
 *
 *     deno task bench step_seconds [sizes, as 256,668] [rounds] [style layer]
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelBuilder } from "../engine/backends/onnx/model.ts";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { PRESETS } from "../engine/options/presets.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { stepFlops } from "../engine/estimate/estimate.ts";
import { formulaParameters, formulaPixels } from "../engine/testing/formula.ts";
import { median, reference, row } from "./inputs.ts";

const sizes = (Deno.args[0] ?? "668").split(",").map(Number);
const rounds = Number(Deno.args[1] ?? 3);
const styleLayers = Deno.args[2] ? [{ layer: Deno.args[2], weight: 1 }] : PRESETS.CLASSIC.styleLayers;
const threads = navigator.hardwareConcurrency;

async function engineStep(size: number): Promise<{ step: () => Promise<number>; dispose: () => Promise<void> }> {
  const backend = await OnnxBackend.open(formulaParameters(), "cpu", { threads });
  const side = { width: size, height: size };
  const content = PRESETS.CLASSIC.contentLayers.map(({ layer }) => layer);
  const style = styleLayers.map(({ layer }) => layer);
  const features = await backend.features(formulaPixels(size, size, 1001), side, content, "MAX");
  const grams = await backend.grams(formulaPixels(size, size, 1002), side, style, "MAX");
  const terms = [
    ...content.map((layer) => ({ kind: "content", layer, mask: null } as const)),
    ...style.map((layer) => ({ kind: "style", layer, mask: null } as const)),
  ];
  const targets = terms.map(({ kind, layer }) => (kind === "content" ? features : grams).get(layer)!);
  const objective = { size: side, terms, masks: [], pooling: "MAX", normalizeGradients: false } as const;
  const evaluator = await backend.compile(objective, targets);
  const pixels = formulaPixels(size, size, 1003);
  const step = async () => {
    const started = performance.now();
    await evaluator.evaluate(pixels, terms.map(({ kind }) => kind === "content" ? 0.1 : 500));
    return (performance.now() - started) / 1000;
  };
  await step();
  return { step, dispose: () => evaluator.dispose() };
}

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

const peak = await measuredPeak();
console.log(`A product of 2048² matrices: ${peak.toFixed(0)} GFLOP/s\n`);
console.log(
  row("size", "engine s/step", "GFLOP/s", "of the peak", "PyTorch", "PyTorch channels_last", "ratio to the better"),
);
console.log(row("---", "---", "---", "---", "---", "---", "---"));
for (const size of sizes) {
  const engine = await engineStep(size);
  const mine: number[] = [];
  const plain: number[] = [];
  const channelsLast: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 3; i++) mine.push(await engine.step());
    const args = ["bench", "--size", `${size}`, "--steps", size > 1024 ? "2" : "4", "--threads", `${threads}`];
    args.push("--style-layers", styleLayers.map(({ layer }) => layer).join());
    plain.push(JSON.parse((await reference("reference.py", ...args))[0]!).seconds_per_step_median);
    channelsLast.push(
      JSON.parse((await reference("reference.py", ...args, "--channels-last"))[0]!).seconds_per_step_median,
    );
  }
  await engine.dispose();
  const seconds = median(mine);
  const flops = stepFlops(
    { width: size, height: size },
    resolveOptions({ preset: "CLASSIC", styleLayers }, { width: 1, height: 1 }, 0),
  );
  const ratio = seconds / Math.min(median(plain), median(channelsLast));
  console.log(row(
    size,
    seconds.toFixed(3),
    (flops / seconds / 1e9).toFixed(0),
    `${(flops / seconds / 1e7 / peak).toFixed(0)} %`,
    median(plain).toFixed(3),
    median(channelsLast).toFixed(3),
    ratio.toFixed(2),
  ));
}
