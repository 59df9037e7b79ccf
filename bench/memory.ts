/**
 * The peak memory of real transfers beside `engine/estimate.ts`, each in a process of its own (Linux: VmHWM of
 * /proc/self/status):
 *
 *     deno task bench memory [preset/optimizer/size]...      for instance CLASSIC/ADAM/668
 *
 * Every run takes as many steps as fill L-BFGS' history, and a checkpoint after that.
 *
 * @module
 */
import { estimateCost } from "../engine/estimate.ts";
import { OnnxBackend } from "../engine/onnx/backend.ts";
import { Optimisation } from "../engine/optimisation.ts";
import type { OptimizerKind, PresetName } from "../engine/options.ts";
import { resolveOptions } from "../engine/resolve_options.ts";
import { formulaPicture } from "../engine/testing/formula.ts";
import { resizePicture } from "../images/resize.ts";
import { loadWeights } from "../weights/load_weights.ts";
import { row } from "./inputs.ts";

const DEFAULT = ["CLASSIC", "BALANCED", "GATYS"].flatMap((preset) =>
  ["ADAM", "LBFGS"].flatMap((optimizer) => [256, 512, 668, 1024].map((size) => `${preset}/${optimizer}/${size}`))
);

function optionsOf(what: string) {
  const [preset, kind, side] = what.split("/") as [PresetName, OptimizerKind, string];
  const size = Number(side);
  const optimizer = { kind, history: 10 };
  const steps = kind === "ADAM" ? 2 : optimizer.history + 3;
  return resolveOptions({ preset, optimizer, scales: [{ size, steps }] }, { width: size, height: size }, 1);
}

function peakBytes(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]);
}

async function measure(what: string): Promise<void> {
  const options = optionsOf(what);
  const backend = await OnnxBackend.open((await loadWeights("builtin")).parameters);
  const { width, height } = options;
  const content = formulaPicture(width, height, 1);
  const styles = [{ picture: formulaPicture(width, height, 2), weight: 1 }];
  const optimisation = await Optimisation.start(backend, resizePicture, { options, content, styles });
  let slowest = Infinity;
  while (!optimisation.finished) {
    slowest = Math.min(slowest, (await optimisation.advance()).seconds);
    optimisation.picture();
  }
  const steps = peakBytes();
  optimisation.checkpoint();
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
  console.log(row("transfer", "steps MiB", "peak MiB", "estimate MiB", "estimate / peak", "bytes per pixel", "s/step"));
  console.log(row("---", "---", "---", "---", "---", "---", "---"));
  for (const what of Deno.args.length > 0 ? Deno.args : DEFAULT) {
    const { steps, peak, seconds } = await inOwnProcess(what);
    const options = optionsOf(what);
    const { memoryBytes } = estimateCost(options);
    const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
    console.log(row(
      what,
      mebibytes(steps),
      mebibytes(peak),
      mebibytes(memoryBytes),
      (memoryBytes / peak).toFixed(2),
      (peak / options.width / options.height).toFixed(0),
      seconds.toFixed(2),
    ));
  }
}
