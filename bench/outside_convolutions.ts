/**
 * Where the time of a CLASSIC step goes, by ONNX Runtime's own profile, and what share of it is outside the convolutions:
 *
 *     deno task bench outside_convolutions [size]
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { BlockedLayout } from "../engine/backends/onnx/blocked_layout.ts";
import { detectBlock } from "../engine/backends/onnx/detect_block.ts";
import { PackedParameters } from "../engine/backends/onnx/parameters.ts";
import { PlanarLayout } from "../engine/backends/onnx/planar_layout.ts";
import { buildStepGraph } from "../engine/backends/onnx/step_graph.ts";
import { featureSize } from "../engine/objective/objective.ts";
import { formulaParameters, formulaPixels } from "../engine/testing/formula.ts";
import { classicObjective } from "./classic_step.ts";
import { row } from "./table.ts";

const size = Number(Deno.args[0] ?? 668);
const RUNS = 5;

const objective = classicObjective(size);
const block = await detectBlock();
const layout = block === null ? new PlanarLayout() : new BlockedLayout(block);
const areas = objective.terms.map(({ layer }) => featureSize(objective.size, layer)).map(({ width, height }) =>
  width * height
);
const folder = await Deno.makeTempDir();
const session = await InferenceSession.create(buildStepGraph(objective, layout, { areas, tile: false }).toBytes(), {
  executionProviders: ["cpu"],
  intraOpNumThreads: navigator.hardwareConcurrency,
  enableMemPattern: false,
  enableProfiling: true,
  profileFilePrefix: `${folder}/profile`,
  extra: { session: { set_denormal_as_zero: "1" } },
});
const parameters = new PackedParameters(formulaParameters(), layout);
const feeds: Record<string, Tensor> = {};
for (const input of session.inputMetadata) {
  if (!input.isTensor) continue;
  const shape = input.shape as number[];
  const count = shape.reduce((product, length) => product * length, 1);
  const data = parameters.get(input.name)?.data ??
    (count === 3 * size * size ? formulaPixels(size, size, 1003) : new Float32Array(count).fill(1e-3));
  feeds[input.name] = new Tensor("float32", data, shape);
}
for (let run = 0; run < RUNS; run++) await session.run(feeds);
session.endProfiling();

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}
const [profile] = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
const events: ProfileEvent[] = JSON.parse(await Deno.readTextFile(profile!));
const kernels = events.filter(({ cat, name }) => cat === "Node" && name.endsWith("_kernel_time"));
const seconds = new Map<string, number>();
for (const { args, dur } of kernels) {
  seconds.set(args.op_name!, (seconds.get(args.op_name!) ?? 0) + dur / 1e6 / RUNS);
}
await Deno.remove(folder, { recursive: true });

const total = [...seconds.values()].reduce((sum, each) => sum + each, 0);
console.log(row("operator", "seconds a step", "share"));
console.log(row("---", "---", "---"));
for (const [name, each] of [...seconds].sort((a, b) => b[1] - a[1])) {
  if (each > 0.002 * total) console.log(row(name, each.toFixed(4), `${(100 * each / total).toFixed(1)} %`));
}
const outside = total - (seconds.get("Conv") ?? 0);
console.log(`\nOutside convolutions: ${(100 * outside / total).toFixed(1)} % of ${total.toFixed(3)} s at ${size}²`);
