/**
 * Convolutions by Winograd's algorithm beside direct ones, in turns, by processor time: the gradient of each layer of VGG16,
 * and a whole CLASSIC step with those that the engine chooses.
 *
 *     deno task bench winograd [sizes, as 256,668] [rounds] [threads]
 *
 * @module
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { BlockedLayout } from "../engine/backends/onnx/blocked_layout.ts";
import { detectBlock } from "../engine/backends/onnx/detect_block.ts";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import type { Layout } from "../engine/backends/onnx/layout.ts";
import { ModelBuilder } from "../engine/backends/onnx/model.ts";
import { convGradient } from "../engine/backends/onnx/backward.ts";
import { PackedParameters } from "../engine/backends/onnx/parameters.ts";
import { winogradPays } from "../engine/backends/onnx/winograd.ts";
import { featureSize } from "../engine/objective/objective.ts";
import { relativeDistance } from "../engine/testing/distance.ts";
import { formulaNoise, formulaParameters } from "../engine/testing/formula.ts";
import { CONV_LAYERS, type ConvLayer } from "../engine/vgg16.ts";
import { classicObjective, classicStep } from "./classic_step.ts";
import { processorSeconds } from "./processor_time.ts";
import { median, row } from "./table.ts";

const sizes = (Deno.args[0] ?? "256,512,668").split(",").map(Number);
const rounds = Number(Deno.args[1] ?? 5);
const threads = Number(Deno.args[2] ?? 1);
const block = await detectBlock();
if (block === null) {
  console.error("Cannot measure: wanted a processor for which ONNX Runtime has blocked convolutions");
  Deno.exit(1);
}
const direct = new BlockedLayout(block, () => false);
const winograd = new BlockedLayout(block, () => true);
const parameters = formulaParameters();

/** The gradient to a layer's input by itself. */
async function layerRun(layout: Layout, layer: ConvLayer, side: number) {
  const { inChannels, outChannels } = layer;
  const graph = new ModelBuilder();
  const x = {
    tensor: graph.input("x", [1, outChannels, side, side]),
    channels: outChannels,
    height: side,
    width: side,
  };
  const { tensor } = convGradient(graph, layout, layer, x, undefined);
  graph.output("y", tensor, [1, inChannels, side, side]);
  const session = await InferenceSession.create(graph.toBytes(), {
    intraOpNumThreads: threads,
    enableMemPattern: false,
    extra: { session: { set_denormal_as_zero: "1" } },
  });
  const packed = new PackedParameters(parameters, layout);
  const noise = Float32Array.from(formulaNoise(outChannels * side * side, 1));
  const feeds = Object.fromEntries(session.inputMetadata.flatMap((input) => {
    if (!input.isTensor) return [];
    const data = packed.get(input.name)?.data ?? noise;
    return [[input.name, new Tensor("float32", data, input.shape as number[])]];
  }));
  return { run: async () => (await session.run(feeds))["y"]!.data as Float32Array, session };
}

/** Median seconds of the processor of each, run in turns. */
async function inTurns(...runs: (() => Promise<unknown>)[]): Promise<number[]> {
  const taken = runs.map((): number[] => []);
  for (const run of runs) await run();
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of runs.entries()) {
      const started = processorSeconds();
      await run();
      taken[i]!.push(processorSeconds() - started);
    }
  }
  return taken.map(median);
}

console.log(row("picture", "layer", "side", "direct ms", "Winograd ms", "ratio", "difference", "chosen"));
console.log(row(...Array<string>(8).fill("---")));
for (const size of sizes) {
  for (const layer of CONV_LAYERS.filter(({ inChannels }) => inChannels >= block)) {
    const side = featureSize({ width: size, height: size }, layer.name).width;
    const [plain, fast] = [await layerRun(direct, layer, side), await layerRun(winograd, layer, side)];
    const difference = relativeDistance(await fast.run(), await plain.run());
    const [a, b] = await inTurns(plain.run, fast.run) as [number, number];
    const map = { tensor: "", channels: layer.outChannels, height: side, width: side };
    console.log(row(
      size,
      layer.name,
      side,
      (1000 * a).toFixed(1),
      (1000 * b).toFixed(1),
      (b / a).toFixed(2),
      difference.toExponential(1),
      winogradPays("gradient", map, layer.inChannels) ? "yes" : "",
    ));
    for (const { session } of [plain, fast]) await session.release();
  }
}

console.log(`\n${row("size", "direct s/step", "as chosen s/step", "ratio")}\n${row("---", "---", "---", "---")}`);
for (const size of sizes) {
  const steps = [];
  for (const layout of [direct, new BlockedLayout(block)]) {
    const backend = await OnnxBackend.open(parameters, { threads, layout });
    steps.push(await classicStep(backend, classicObjective(size)));
  }
  const [a, b] = await inTurns(...steps.map(({ evaluate }) => evaluate)) as [number, number];
  console.log(row(size, a.toFixed(3), b.toFixed(3), (b / a).toFixed(2)));
  for (const step of steps) await step.dispose();
}
