/**
 * The process behind `deno task transfer`: the source article's program. Two pictures in, a third out, with the losses of
 * every round and the pictures on the way.
 *
 * @module
 */
import { basename } from "node:path";
import { readConfig } from "../config.ts";
import { GramcastError } from "../errors.ts";
import { checkLayers } from "../engine/options/check_layers.ts";
import type { LossPoint } from "../engine/objective/losses.ts";
import { attemptEngine } from "../engine/backends/attempt.ts";
import { chooseEngine } from "../engine/backends/choose.ts";
import type { EngineName } from "../engine/backends/engines.ts";
import { openBackend } from "../engine/backends/open.ts";
import { Optimisation, type OptimisationInput } from "../engine/descent/optimisation.ts";
import type { TransferOptions } from "../engine/options/options.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { checkImage, type ImageInfo, type ImageLimits } from "../images/decode.ts";
import { decodeInput } from "../images/decode_input.ts";
import { encodePicture } from "../images/encode.ts";
import { mapPictures } from "../images/pictures.ts";
import { type Recipe, type RecipePicture, startInput } from "../images/recipe.ts";
import { resizePicture } from "../images/resize.ts";
import { readSample, SAMPLES } from "../samples/samples.ts";
import { loadWeights } from "../weights/load_weights.ts";
import { weightsPath } from "../weights/shipped.ts";
import { fileFormat, outputFolder, parseTransferArguments, type TransferArguments } from "./arguments.ts";
import { plotLosses } from "./loss_plot.ts";
import { OutputFolder } from "./output_folder.ts";
import { ProgressPrinter } from "./progress.ts";

/** Exit status of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;
/** A program at a terminal gives the same every time, unless it is told otherwise. */
const DEFAULT_SEED = 0;

/**
 * Runs a transfer in this process, and prints to the terminal.
 *
 * @returns Whether it took all its steps; false when Ctrl-C ended it.
 * @throws {GramcastError} for whatever a user can mend.
 */
async function runTransfer(args: TransferArguments): Promise<boolean> {
  const config = readConfig((name) => Deno.env.get(name));
  const input = await readInput(args, { maxBytes: config.maxImageBytes, maxPixels: config.maxImagePixels });
  const folder = await OutputFolder.create(outputFolder(args.out));
  const weights = weightsPath(args.weights ?? config.weights);
  const { precision } = config;
  const attempt = (candidate: EngineName) => attemptEngine(candidate, { weights, precision });
  const engine = await chooseEngine(args.engine ?? config.engine, { attempt, log });
  const { name, sha256, parameters } = await loadWeights(weights);
  checkLayers(input.options, new Set(parameters.convs.keys()));
  const backend = await openBackend(engine, parameters, log, { precision });
  log(`Weights: ${name}`);
  try {
    const limits = { memoryBytes: config.engineMemoryBytes };
    const optimisation = await Optimisation.start(backend, resizePicture, input, limits);
    const recipe = JSON.stringify({ weights: sha256, request: input.request } satisfies Recipe);
    return await optimise(optimisation, input, recipe, args, folder);
  } finally {
    await backend.close();
  }
}

/** What is to be optimised, and what it is made from. */
interface Input extends OptimisationInput {
  /** The `StartTransferInput` for the recipe. */
  readonly request: object;
}

async function readInput(args: TransferArguments, limits: ImageLimits): Promise<Input> {
  const files = new Map<string, File>();
  const read = async (name: string) => {
    const file = files.get(name) ?? await readPicture(name, limits);
    files.set(name, file);
    return file.bytes;
  };
  const encoded = await mapPictures(args, read);
  const options = resolveOptions(args.request, files.get(args.content)!.info, DEFAULT_SEED);
  const request = await startInput(args, options, true, (name) => pictureOf(name, files.get(name)!));
  return { ...await decodeInput(options, encoded, limits), request };
}

async function pictureOf(name: string, { bytes, info: { width, height } }: File): Promise<RecipePicture> {
  if (SAMPLES.some((sample) => sample.name === name)) return { sample: name };
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { sha256: hash.toHex(), width, height };
}

/** A picture that has been read to its end once. */
interface File {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly info: ImageInfo;
}

/** A picture by the name of a sample or of a file. */
async function readPicture(name: string, limits: ImageLimits): Promise<File> {
  const isSample = SAMPLES.some((sample) => sample.name === name);
  try {
    const bytes = isSample ? await readSample(name) : await Deno.readFile(name);
    const info = await checkImage(bytes, limits);
    if (info.frames > 1) log(`${basename(name)} has ${info.frames} frames: the first is taken`);
    return { bytes, info };
  } catch (error) {
    if (error instanceof GramcastError) throw new GramcastError(error.code, `${basename(name)}: ${error.message}`);
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory) {
      const samples = SAMPLES.map((sample) => sample.name).join(", ");
      throw new GramcastError("NOT_FOUND", `Cannot find picture "${name}": wanted a file or one of ${samples}`);
    }
    throw error;
  }
}

async function optimise(
  optimisation: Optimisation,
  { options }: OptimisationInput,
  recipe: string,
  args: TransferArguments,
  folder: OutputFolder,
): Promise<boolean> {
  const points: LossPoint[] = [];
  const printer = new ProgressPrinter(options, Deno.stdout.isTerminal(), print);
  using interrupt = new Interrupt();
  try {
    while (!optimisation.finished && !interrupt.requested) {
      const report = await optimisation.advance();
      points.push({ step: report.step, ...report.losses });
      printer.step(report);
      if (isWanted(report.step, args, options)) {
        const format = { format: "JPEG", quality: args.quality } as const;
        await folder.write(`res_${report.step}.jpg`, await encodePicture(await optimisation.picture(), format));
      }
    }
  } finally {
    printer.end();
    // After a failure too: what was reached may have taken hours.
    if (points.length > 0) await finish(optimisation, points, options, recipe, args, folder);
    await optimisation.dispose();
  }
  return optimisation.finished;
}

async function finish(
  optimisation: Optimisation,
  points: readonly LossPoint[],
  options: TransferOptions,
  recipe: string,
  { out, quality }: TransferArguments,
  folder: OutputFolder,
): Promise<void> {
  const stopped = optimisation.finished ? "" : `Stopped at step ${optimisation.step} of ${options.steps}. `;
  const format = fileFormat(out);
  const picture = await encodePicture(await optimisation.picture(), { format: format ?? "PNG", quality, recipe });
  if (format) {
    print(`${stopped}Wrote ${await folder.write(basename(out), picture)}\n`);
    return;
  }
  const { contentWeight: content, styleWeight: style, tvWeight: tv } = options;
  await folder.write("losses.svg", plotLosses(points, { content, style, tv }));
  print(`${stopped}Wrote ${await folder.write("result.png", picture)} and losses.svg\n`);
}

function isWanted(step: number, { frames }: TransferArguments, { frameEvery, keepFrames }: TransferOptions): boolean {
  if (frames && "steps" in frames) return frames.steps.has(step);
  return (frames !== null || keepFrames) && step % (frames?.every ?? frameEvery) === 0;
}

/** The first Ctrl-C asks for the end after the step under way, the second ends the program at once. */
class Interrupt implements Disposable {
  requested = false;
  readonly #listener = () => {
    this.requested = true;
    this[Symbol.dispose]();
    log("\nStopping after this step; press Ctrl-C again to stop at once");
  };

  constructor() {
    Deno.addSignalListener("SIGINT", this.#listener);
  }

  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGINT", this.#listener);
  }
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

function log(line: string): void {
  console.error(line);
}

if (import.meta.main) {
  try {
    // Help was given before this process was started.
    const args = parseTransferArguments(Deno.args)!;
    if (!await runTransfer(args)) Deno.exitCode = INTERRUPTED;
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    console.error(error.message);
    Deno.exitCode = 1;
  }
}
