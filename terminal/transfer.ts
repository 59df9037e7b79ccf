/**
 * `deno task transfer`: the source article's program. Two pictures in, a third out, with the losses of every round and
 * the pictures on the way.
 *
 * @module
 */
import { basename, join } from "node:path";
import { readConfig } from "../config.ts";
import { GramcastError } from "../errors.ts";
import { checkLayers } from "../engine/check_layers.ts";
import type { LossPoint } from "../engine/losses.ts";
import { openBackend } from "../engine/open_backend.ts";
import { Optimisation, type OptimisationInput } from "../engine/optimisation.ts";
import type { Picture } from "../engine/picture.ts";
import { resolveOptions } from "../engine/resolve_options.ts";
import { decodePicture, type ImageLimits } from "../images/decode.ts";
import { encodePicture } from "../images/encode.ts";
import { resizePicture } from "../images/resize.ts";
import { readSample, SAMPLES } from "../samples/samples.ts";
import { loadWeights } from "../weights/load_weights.ts";
import { WeightsSource } from "../weights/source.ts";
import { parseTransferArguments, type TransferArguments, USAGE } from "./arguments.ts";
import { plotLosses } from "./loss_plot.ts";
import { ProgressPrinter } from "./progress.ts";

/** Runs a transfer in this process, and prints to the terminal. @throws {GramcastError} for whatever a user can mend. */
export async function runTransfer(args: TransferArguments): Promise<void> {
  const config = readConfig((name) => Deno.env.get(name));
  const input = await readInput(args, { maxBytes: config.maxImageBytes, maxPixels: config.maxImagePixels });
  const settings = { ...config, weights: args.weights ?? config.weights };
  await using source = await WeightsSource.open(settings, log);
  await source.settled;
  const { parameters } = await loadWeights(source.current.reference);
  checkLayers(input.options, new Set(parameters.convs.keys()));
  const backend = await openBackend(args.engine ?? config.engine, parameters, log);
  try {
    await Deno.mkdir(args.out, { recursive: true });
    await optimise(await Optimisation.start(backend, resizePicture, input), input, args);
  } finally {
    await backend.close();
  }
}

async function readInput(args: TransferArguments, limits: ImageLimits): Promise<OptimisationInput> {
  const read = (name: string) => readPicture(name, limits);
  const content = await read(args.content);
  const styles = await Promise.all(args.styles.map(async ({ picture, weight, mask }) => ({
    picture: await read(picture),
    weight,
    ...(mask ? { mask: await read(mask) } : {}),
  })));
  return {
    options: resolveOptions(args.request, content, args.seed),
    content,
    styles,
    ...(args.contentMask ? { contentMask: await read(args.contentMask) } : {}),
    ...(args.initImage ? { initPicture: await read(args.initImage) } : {}),
  };
}

/** A picture by the name of a sample or of a file. */
async function readPicture(name: string, limits: ImageLimits): Promise<Picture> {
  const isSample = SAMPLES.some((sample) => sample.name === name);
  try {
    return await decodePicture(isSample ? await readSample(name) : await Deno.readFile(name), limits);
  } catch (error) {
    if (error instanceof GramcastError) throw new GramcastError(error.code, `${basename(name)}: ${error.message}`);
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory) {
      const samples = SAMPLES.map((sample) => sample.name).join(", ");
      throw new GramcastError("NOT_FOUND", `Cannot find picture "${name}": wanted a file or one of ${samples}`);
    }
    throw error;
  }
}

async function optimise(optimisation: Optimisation, { options }: OptimisationInput, args: TransferArguments) {
  const points: LossPoint[] = [];
  const printer = new ProgressPrinter(options.steps, Deno.stdout.isTerminal(), print);
  try {
    while (!optimisation.finished) {
      const report = await optimisation.advance();
      points.push({ step: report.step, ...report.losses });
      printer.step(report);
      if (isWanted(report.step, args, options.frameEvery)) {
        await save(join(args.out, `res_${report.step}.jpg`), optimisation.picture(), args.quality);
      }
    }
    await save(join(args.out, "result.png"), optimisation.picture(), args.quality);
  } finally {
    const { contentWeight: content, styleWeight: style, tvWeight: tv } = options;
    await Deno.writeTextFile(join(args.out, "losses.svg"), plotLosses(points, { content, style, tv }));
    await optimisation.dispose();
  }
  print(`Wrote ${join(args.out, "result.png")} and losses.svg\n`);
}

function isWanted(step: number, { frames }: TransferArguments, frameEvery: number): boolean {
  if (frames && "steps" in frames) return frames.steps.has(step);
  return step % (frames ? frames.every : frameEvery) === 0;
}

async function save(path: string, picture: Picture, quality: number): Promise<void> {
  const format = path.endsWith(".png") ? "PNG" : "JPEG";
  await Deno.writeFile(path, await encodePicture(picture, { format, quality }));
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

function log(line: string): void {
  console.error(line);
}

if (import.meta.main) {
  try {
    const args = parseTransferArguments(Deno.args);
    if (args) await runTransfer(args);
    else print(USAGE);
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
