/**
 * Every engine that starts on this machine beside PyTorch, in one run:
 *
 *     deno task bench:gpu [--sizes 256,512,668,1024,2048] [--engines tensorflow,tensorflow:float32,…] [--seconds 3]
 *         [--limit 120] [--kernels 668] [--out FILE]
 *
 * Prints a table in Markdown, and one of the kernels of `webgpu` where that is among the engines. A step of an engine is one
 * of a CLASSIC transfer whose every picture is encoded as a JPEG; an evaluation is the engine alone. PyTorch's step has no
 * picture to encode. Where Python (`PYTHON`) has no torch, its rows and the shares of the measured peak are missing.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stepFlops } from "../engine/estimate/estimate.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import type { EngineFigures } from "./gpu_engine.ts";
import { digits, row } from "./table.ts";

/** In the precision that is theirs by themselves, or in that behind their name. */
const ENGINES = [
  "tensorflow",
  "tensorflow:float32",
  "webgpu",
  "webgpu:float16",
  "onnx:cpu",
];

const { values: settings } = parseArgs({
  args: Deno.args,
  options: {
    sizes: { type: "string", default: "256,512,668,1024,2048" },
    engines: { type: "string", default: ENGINES.join(",") },
    /** Seconds that each figure is measured for. */
    seconds: { type: "string", default: "3" },
    /** Seconds after which an engine is given up; larger sizes are then missing. */
    limit: { type: "string", default: "120" },
    /** Size at which each of WebGPU's kernels is measured. */
    kernels: { type: "string", default: "668" },
    out: { type: "string" },
  },
});
const PYTHON = Deno.env.get("PYTHON") ?? "python3";

/** What a device reaches in large products and convolutions, as PyTorch measures it: TFLOP/s by precision. */
type Peaks = Readonly<Record<string, number>>;

/** What a program says of itself, and what it measured; none of it when it did not start. */
interface Measured<Header, Line> {
  readonly header: Header | undefined;
  readonly lines: readonly Line[];
  /** The last words of a program that ended early. */
  readonly complaint: string;
}

/** Runs a program; ends it when its time is over. */
async function run(program: string, args: string[]): Promise<{ readonly lines: string[]; readonly complaint: string }> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, { args, stdout: "piped", stderr: "piped", env: { NO_COLOR: "1" } }).spawn();
  } catch {
    return { lines: [], complaint: `there is no ${program}` };
  }
  const late = setTimeout(() => child.kill("SIGKILL"), 1000 * Number(settings.limit));
  const { stdout, stderr, success, signal } = await child.output();
  clearTimeout(late);
  const reason = signal === "SIGKILL" ? `ended after ${settings.limit} s` : text(stderr).at(-1) ?? "ended by itself";
  return { lines: text(stdout), complaint: success ? "" : reason };
}

/** Runs one of the programs of this folder. */
function runBench(name: string, args: string[]) {
  const program = fileURLToPath(new URL(name, import.meta.url));
  return run(Deno.execPath(), ["run", "--allow-all", "--cached-only", program, ...args]);
}

/** What a program has printed in lines of JSON when its time is over. */
function measured<Header, Line>(
  { lines: printed, complaint }: Awaited<ReturnType<typeof run>>,
): Measured<Header, Line> {
  const [header, ...lines] = printed.flatMap(parseLine) as [Header?, ...Line[]];
  return { header, lines, complaint };
}

function text(bytes: Uint8Array): string[] {
  return new TextDecoder().decode(bytes).split("\n").filter((line) => line.trim() !== "");
}

/** Libraries may print something else between the lines that count. */
function parseLine(line: string): unknown[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}

/** Seconds as milliseconds. */
function milliseconds(seconds: number): string {
  return digits(1000 * seconds);
}

const flops = (size: number) =>
  stepFlops({ width: size, height: size }, resolveOptions({ preset: "CLASSIC" }, { width: 1, height: 1 }, 0));

const torchArgs = ["--sizes", settings.sizes, "--seconds", settings.seconds];
const torch = measured<{ version: string; device: string; peaks: Peaks }, { size: number; step: number }>(
  await run(PYTHON, [fileURLToPath(new URL("./gpu_torch.py", import.meta.url)), ...torchArgs]),
);
const torchSteps = new Map(torch.lines.map(({ size, step }) => [size, step]));

const table = [
  row("engine", "size", "ms/step", "of it evaluation", "TFLOP/s", "of measured peak", "frames/s", "÷ PyTorch's step"),
  row("---", "--:", "--:", "--:", "--:", "--:", "--:", "--:"),
];
const refused: string[] = [];

/** One line of the table. */
function add(name: string, size: number, step: number, evaluation: number, precision: string, frames: number | null) {
  const rate = flops(size) / evaluation / 1e12;
  const highest = torch.header?.peaks[precision];
  const reference = torchSteps.get(size);
  table.push(row(
    name,
    size,
    milliseconds(step),
    milliseconds(evaluation),
    digits(rate),
    highest ? `${(100 * rate / highest).toFixed(0)} % of ${precision}` : "–",
    frames ? digits(frames) : "–",
    reference ? (step / reference).toFixed(2) : "–",
  ));
}

for (const { size, step } of torch.lines) {
  add(`PyTorch ${torch.header!.version}`, size, step, step, torch.header!.peaks["tf32"] ? "tf32" : "float32", null);
}
if (torch.complaint) refused.push(`PyTorch: ${torch.complaint}`);
const engines = settings.engines.split(",");
for (const engine of engines) {
  const { header, lines, complaint } = measured<{ device: string; precision: string }, EngineFigures>(
    await runBench("./gpu_engine.ts", [engine, settings.sizes, settings.seconds]),
  );
  // WebGPU holds features in 16 bits, and computes in float32.
  const precision = engine.startsWith("webgpu") ? "float32" : header?.precision ?? "";
  for (const { size, step, evaluation } of lines) add(engine, size, step, evaluation, precision, 1 / step);
  if (complaint) refused.push(`${engine}: ${complaint}`);
}

const kernels = engines.includes("webgpu") ? await runBench("./webgpu_kernels.ts", [settings.kernels]) : null;
if (kernels?.complaint) refused.push(`kernels of webgpu: ${kernels.complaint}`);

const machine = [
  `${torch.header?.device ?? "no PyTorch"}, ${navigator.hardwareConcurrency} CPU cores, ${Deno.build.os}, ` +
  `Deno ${Deno.version.deno}`,
  ...Object.entries(torch.header?.peaks ?? {}).map(([precision, tflops]) =>
    `measured peak in ${precision}: ${tflops.toPrecision(3)} TFLOP/s`
  ),
];
const report = [
  `\`deno task bench:gpu ${Deno.args.join(" ")}\` on ${machine.join("; ")}:`,
  "",
  ...table,
  ...refused.length > 0 ? ["", ...refused.map((line) => `- ${line}`)] : [],
  ...kernels ? ["", ...kernels.lines.slice(0, 1), "", ...kernels.lines.slice(1)] : [],
].join("\n").trim();
console.log(report);
if (settings.out) await Deno.writeTextFile(settings.out, `${report}\n`);
