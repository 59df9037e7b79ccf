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
import { rememberingGrams } from "../engine/backends/remembered_grams.ts";
import { type FrameInput, Optimisation } from "../engine/descent/optimisation.ts";
import { stepsTogether } from "../engine/descent/pace.ts";
import { frameOptions, framesIn, stepsBefore, stepsInAll } from "../engine/options/moving_schedule.ts";
import type { TransferOptions } from "../engine/options/options.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { checkImage, type ImageInfo, type ImageLimits, NO_LIMITS } from "../images/decode.ts";
import { decodeInput } from "../images/decode_input.ts";
import { encodeMoving, movingGif } from "../images/encode_moving.ts";
import { encodePicture } from "../images/encode.ts";
import { FilmWriter } from "../images/film_writer.ts";
import { checkMoving, checkMovingSize, frameFile, inspectMoving, movingColors } from "../images/moving.ts";
import { mapPictures, type Pictures } from "../images/pictures.ts";
import type { Timing } from "../images/timing.ts";
import { type Recipe, type RecipePicture, startInput } from "../images/recipe.ts";
import { resizePicture } from "../images/resize.ts";
import { readSample, SAMPLES } from "../samples/samples.ts";
import { loadWeights } from "../weights/load_weights.ts";
import { weightsPath } from "../weights/shipped.ts";
import {
  checkFile,
  fileFormat,
  outputFolder,
  parseTransferArguments,
  pictureFormat,
  type TransferArguments,
} from "./arguments.ts";
import { filmProgram } from "./film_program.ts";
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
  const sources = await readSources(args, { maxBytes: config.maxImageBytes, maxPixels: config.maxImagePixels });
  const path = outputFolder(args.out);
  const folder = await OutputFolder.create(path);
  // Before hours of painting, and not after.
  const films = fileFormat(args.out) === "MP4" ? await FilmWriter.open({ command: filmProgram(config) }, path) : null;
  const weights = weightsPath(args.weights ?? config.weights);
  const { precision } = config;
  const attempt = (candidate: EngineName) => attemptEngine(candidate, { weights, precision });
  const engine = await chooseEngine(args.engine ?? config.engine, { attempt, log });
  const { name, sha256, parameters } = await loadWeights(weights);
  checkLayers(sources.options, new Set(parameters.convs.keys()));
  const opened = await openBackend(engine, parameters, log, { precision });
  const backend = framesIn(sources.options) > 1 ? rememberingGrams(opened) : opened;
  log(`Weights: ${name}`);
  try {
    const recipe = JSON.stringify({ weights: sha256, request: sources.request } satisfies Recipe);
    const start = (input: FrameInput) =>
      Optimisation.start(backend, resizePicture, input, { memoryBytes: config.engineMemoryBytes });
    return await paint(start, sources, recipe, args, { folder, films });
  } finally {
    await backend.close();
  }
}

/** Where results go. */
interface Output {
  readonly folder: OutputFolder;
  /** What writes the film that is asked for; null where none is. */
  readonly films: FilmWriter | null;
}

/** What is to be optimised, and what it is made from. */
interface Sources {
  readonly options: TransferOptions;
  readonly pictures: Pictures<Uint8Array>;
  /** When the frames of the content are shown that are painted; null where there is one. */
  readonly timing: Timing | null;
  /** With `color` MATCH, the colours of all these frames; null elsewhere. */
  readonly colors: Uint8Array | null;
  /** The `StartTransferInput` for the recipe. */
  readonly request: object;
}

async function readSources(args: TransferArguments, limits: ImageLimits): Promise<Sources> {
  const moves = args.request.moving === true;
  const files = new Map<string, File>();
  const read = async (name: string) => {
    const file = files.get(name) ?? await readPicture(name, limits, name === args.content && moves);
    files.set(name, file);
    return file.bytes;
  };
  const pictures = await mapPictures(args, read);
  const timing = moves ? await inspectMoving(pictures.content) : null;
  if (timing !== null) await checkMoving(pictures.content);
  const { info } = files.get(args.content)!;
  const options = resolveOptions(args.request, { ...info, frames: timing?.delays.length ?? 1 }, DEFAULT_SEED);
  checkMovingSize(options);
  checkFile(args.out, timing !== null);
  const request = await startInput(args, options, true, (name) => pictureOf(name, files.get(name)!));
  const matched = timing !== null && options.color === "MATCH";
  const colors = matched ? await movingColors(pictures.content, timing.delays.length) : null;
  return { options, pictures, timing, colors, request };
}

/** What a frame of the content is made from. @param before What was painted of the one before it, as a file. */
async function frameInput(sources: Sources, frame: number, before: Uint8Array | undefined): Promise<FrameInput> {
  const { options, pictures, timing, colors } = sources;
  const own = frameOptions(options, frame);
  if (timing === null) return await decodeInput(own, pictures, NO_LIMITS);
  const { size } = options.scales.at(-1)!;
  const content = await frameFile(pictures.content, frame, size);
  const moving = before === undefined
    ? { content }
    : { content, before: { content: await frameFile(pictures.content, frame - 1, size), result: before } };
  return await decodeInput(own, { ...pictures, ...moving, colors }, NO_LIMITS);
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
async function readPicture(name: string, limits: ImageLimits, allFrames: boolean): Promise<File> {
  const isSample = SAMPLES.some((sample) => sample.name === name);
  try {
    const bytes = isSample ? await readSample(name) : await Deno.readFile(name);
    const info = await checkImage(bytes, limits);
    if (info.frames > 1 && !allFrames) log(`${basename(name)} has ${info.frames} frames: the first is taken`);
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

/** Paints the content, or its frames one after the other. Answers whether all of it is done. */
async function paint(
  start: (input: FrameInput) => Promise<Optimisation>,
  sources: Sources,
  recipe: string,
  args: TransferArguments,
  output: Output,
): Promise<boolean> {
  const { options } = sources;
  const { folder } = output;
  const frames = framesIn(options);
  const work: Work = {
    points: [],
    painted: [],
    printer: new ProgressPrinter(options, Deno.stdout.isTerminal(), print),
  };
  using interrupt = new Interrupt();
  let optimisation: Optimisation | null = null;
  try {
    for (let frame = 0; frame < frames && !interrupt.requested; frame++) {
      const next = await start(await frameInput(sources, frame, work.painted.at(-1)));
      await optimisation?.dispose();
      optimisation = next;
      await optimise(optimisation, stepsBefore(options, frame), options, args, folder, work, interrupt);
      if (!optimisation.finished || frames === 1) continue;
      const painted = await encodePicture(await optimisation.picture(), { format: "PNG" });
      work.painted.push(painted);
      // Programs that make films of files take them in this order.
      if (fileFormat(args.out) === null) await folder.write(`frame_${String(frame + 1).padStart(3, "0")}.png`, painted);
    }
  } finally {
    work.printer.end();
    // After a failure too: what was reached may have taken hours.
    if (optimisation && work.points.length > 0) await finish(optimisation, work, sources, recipe, args, output);
    await optimisation?.dispose();
  }
  return work.points.at(-1)?.step === stepsInAll(options);
}

/** What has been done. */
interface Work {
  readonly points: LossPoint[];
  /** Frames of a moving content that are painted, as PNG files. */
  readonly painted: Uint8Array<ArrayBuffer>[];
  readonly printer: ProgressPrinter;
}

/** @param before Steps of the frames before this one. */
async function optimise(
  optimisation: Optimisation,
  before: number,
  options: TransferOptions,
  args: TransferArguments,
  folder: OutputFolder,
  { points, printer }: Work,
  interrupt: Interrupt,
): Promise<void> {
  let lastSeconds: number | null = null;
  while (!optimisation.finished && !interrupt.requested) {
    const most = stepsTogether(lastSeconds);
    let count = 1;
    while (count < most && !isWanted(before + optimisation.step + count, args, options)) count++;
    for (const report of await optimisation.advanceTogether(count)) {
      const step = before + report.step;
      points.push({ step, ...report.losses });
      printer.step({ ...report, step });
      lastSeconds = report.seconds;
    }
    const { step } = points.at(-1)!;
    if (isWanted(step, args, options)) {
      const format = { format: "JPEG", quality: args.quality } as const;
      await folder.write(`res_${step}.jpg`, await encodePicture(await optimisation.picture(), format));
    }
  }
}

async function finish(
  optimisation: Optimisation,
  { points, painted }: Work,
  { options, timing }: Sources,
  recipe: string,
  { out, quality }: TransferArguments,
  output: Output,
): Promise<void> {
  const { folder } = output;
  const { step } = points.at(-1)!;
  const steps = stepsInAll(options);
  const stopped = step === steps ? "" : `Stopped at step ${step} of ${steps}. `;
  const format = fileFormat(out);
  const encoded = timing === null
    ? await encodePicture(await optimisation.picture(), { format: pictureFormat(out) ?? "PNG", quality, recipe })
    : await movingResult(optimisation, painted, timing, recipe, out, output);
  if (format) {
    print(`${stopped}Wrote ${await folder.write(basename(out), encoded)}\n`);
    return;
  }
  const { contentWeight: content, styleWeight: style, tvWeight: tv } = options;
  await folder.write("losses.svg", plotLosses(points, { content, style, tv }));
  const result = await folder.write(timing === null ? "result.png" : "result.webp", encoded);
  print(`${stopped}Wrote ${result} and losses.svg\n`);
}

/** All frames that are painted, and the one that is not finished as it is now. */
async function movingResult(
  optimisation: Optimisation,
  painted: readonly Uint8Array[],
  { delays, loops }: Timing,
  recipe: string,
  out: string,
  { folder, films }: Output,
): Promise<Uint8Array<ArrayBuffer>> {
  const last = optimisation.finished ? [] : [await encodePicture(await optimisation.picture(), { format: "PNG" })];
  const frames = [...painted, ...last];
  const shown = delays.slice(0, frames.length);
  const webp = () => encodeMoving(frames, { delays: shown, loops }, recipe);
  if (!films) return fileFormat(out) === "GIF" ? await movingGif(await webp()) : await webp();
  try {
    return await films.write({ frames, size: optimisation.size, delays: shown }, new AbortController().signal);
  } catch (error) {
    // What is painted may have taken hours.
    const kept = await folder.write(`${basename(out)}.webp`, await webp());
    if (!(error instanceof GramcastError)) throw error;
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    throw new GramcastError(error.code, `Cannot write ${out}: ${reason}; what is painted is in ${kept}`);
  }
}

function isWanted(
  step: number,
  { frames, out }: TransferArguments,
  { frameEvery, keepFrames }: TransferOptions,
): boolean {
  // A file is the result alone.
  if (fileFormat(out) !== null) return false;
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
