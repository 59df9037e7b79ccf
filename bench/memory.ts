/**
 * The peak memory of real transfers beside `engine/estimate/estimate.ts`, each in a process of its own (Linux: VmHWM of
 * /proc/self/status):
 *
 *     deno task bench memory [preset/optimizer/size[/gigabytes]]...      for instance CLASSIC/ADAM/668
 *
 * Every run takes as many steps as fill L-BFGS' history, and a checkpoint after that. What does not fit into the gigabytes
 * (10⁹ bytes) is evaluated in tiles; `work` is what that costs beside the whole picture at once. After `estimate` nothing
 * is run, and only the estimates are printed:
 *
 *     deno task bench memory estimate [preset/optimizer/size[/gigabytes]]...
 *
 * @module
 */
import { estimateCost, planScale, stepFlops } from "../engine/estimate/estimate.ts";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { Optimisation } from "../engine/descent/optimisation.ts";
import type { OptimizerKind, PresetName } from "../engine/options/options.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { formulaPicture } from "../engine/testing/formula.ts";
import { resizePicture } from "../images/resize.ts";
import { vgg16Parameters } from "./inputs.ts";
import { row } from "./table.ts";

const DEFAULT = ["CLASSIC", "BALANCED", "GATYS"].flatMap((preset) =>
  ["ADAM", "LBFGS"].flatMap((optimizer) => [256, 512, 668, 1024].map((size) => `${preset}/${optimizer}/${size}`))
);

function optionsOf(what: string) {
  const [preset, kind, side] = what.split("/") as [PresetName, OptimizerKind, string];
  const size = Number(side);
  const optimizer = { kind, history: 10 };
  const steps = kind === "LBFGS" ? optimizer.history + 3 : size > 2048 ? 1 : 2;
  return resolveOptions({ preset, optimizer, scales: [{ size, steps }] }, { width: size, height: size }, 1);
}

/** What the process may take: everything where nothing is said. */
function limitOf(what: string): number {
  return Number(what.split("/")[3] ?? Infinity) * 1e9;
}

function peakBytes(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]);
}

async function measure(what: string): Promise<void> {
  const options = optionsOf(what);
  const backend = await OnnxBackend.open(await vgg16Parameters());
  const { width, height } = options;
  const content = formulaPicture(width, height, 1);
  const styles = [{ picture: formulaPicture(width, height, 2), weight: 1 }];
  const limits = { memoryBytes: limitOf(what) };
  const optimisation = await Optimisation.start(backend, resizePicture, { options, content, styles }, limits);
  let slowest = Infinity;
  while (!optimisation.finished) {
    slowest = Math.min(slowest, (await optimisation.advance()).seconds);
    await optimisation.picture();
  }
  const steps = peakBytes();
  await optimisation.checkpoint();
  console.log(JSON.stringify({ steps, peak: peakBytes(), seconds: slowest }));
}

async function inOwnProcess(what: string): Promise<{ steps: number; peak: number; seconds: number }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, "--child", what],
    stderr: "inherit",
  });
  const { stdout, success } = await command.output();
  if (!success) throw new Error(`Cannot measure ${what}: its process ended with an error`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

if (Deno.args[0] === "--child") {
  await measure(Deno.args[1]!);
} else {
  const [estimateOnly, whats] = Deno.args[0] === "estimate" ? [true, Deno.args.slice(1)] : [false, Deno.args];
  const titles = ["transfer", "tiles", "work", "estimate MiB", "estimated bytes per pixel"];
  if (!estimateOnly) titles.push("steps MiB", "peak MiB", "estimate / peak", "s/step");
  console.log(row(...titles));
  console.log(row(...titles.map(() => "---")));
  for (const what of whats.length > 0 ? whats : DEFAULT) {
    const options = optionsOf(what);
    const { memoryBytes } = estimateCost(options, limitOf(what));
    const { tiles, flopsPerStep } = planScale(options.scales[0]!, options, limitOf(what));
    const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
    const cells = [
      what,
      tiles ? `${tiles.grid.tiles.length} of ${tiles.grid.size.width}×${tiles.grid.size.height}` : "1",
      (flopsPerStep / stepFlops(options, options)).toFixed(2),
      mebibytes(memoryBytes),
      (memoryBytes / options.width / options.height).toFixed(0),
    ];
    if (!estimateOnly) {
      const { steps, peak, seconds } = await inOwnProcess(what);
      cells.push(mebibytes(steps), mebibytes(peak), (memoryBytes / peak).toFixed(2), seconds.toFixed(2));
    }
    console.log(row(...cells));
  }
}
