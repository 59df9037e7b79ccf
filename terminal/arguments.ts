/**
 * The command line of `deno task transfer`: its own flags here, those of the options from the option table.
 *
 * @module
 */
import { dirname, extname } from "node:path";
import { parseArgs } from "node:util";
import { DEFAULT_PRESET, PRESET_NAMES, type TransferRequest } from "../engine/options/options.ts";
import { checkPictures, checkRequest } from "../engine/options/resolve.ts";
import { GramcastError } from "../errors.ts";
import {
  type FileFormat,
  fileFormatOfEnding,
  formatOfEnding,
  isMoving,
  WRITTEN_ENDINGS,
  type WrittenFormat,
} from "../images/written_format.ts";
import type { Pictures } from "../images/pictures.ts";
import { LIMITS } from "../limits.ts";
import { checkNumber } from "../values.ts";
import { type FlagValues, numberOf, OPTION_FLAGS, requestOfFlags } from "./option_flags.ts";

const OWN_FLAGS = `
  --preset NAME            the source of all other options: ${PRESET_NAMES.join(", ")}
                           (default ${DEFAULT_PRESET})
  --style-weights 1,0.5    shares of several styles
  --style-scales 1,0.5     how large each style picture is looked at, times --style-scale, ${LIMITS.styleScale.minimum} to ${LIMITS.styleScale.maximum}: 2 makes
                           its strokes twice as broad
  --style-masks A,B        where in the result each style goes: white counts, black does not
  --style-regions A,B      which part of each style picture counts: white does, black does not
                           (both: a comma in a name as \\,; nothing between commas for a style without one)
  --content-mask PICTURE   where the content counts: white is kept, black is repainted freely
  --init-image PICTURE     the picture to begin with, with --init image
  --frames 12,46,100       steps whose picture is kept as res_12.jpg and so on; "every:10" for every tenth
  --quality N              of the JPEG frames, and of a FILE, ${LIMITS.quality.minimum} to ${LIMITS.quality.maximum} (default 90)
  --weights W              auto or a file (default: the variable WEIGHTS, else auto: the VGG16 that ships)
  --engine E               auto, onnx:cpu … (default: the variable ENGINE, else auto)
`;

export const USAGE = `Repaints a picture in the style of others.

  deno task transfer --content PICTURE --style PICTURE [--style PICTURE …] --out FOLDER|FILE [options]

PICTURE is a file or the name of a built-in sample. FOLDER gets result, losses and frames; a FILE that ends in
${
  WRITTEN_ENDINGS.map((ending) => `.${ending}`).join(", ")
} gets the result alone; with --moving it ends in .webp, .gif or, with FFmpeg on the PATH
or named by the variable FFMPEG, .mp4, and FOLDER gets each frame, too.
${OWN_FLAGS}
Options that override the preset's (docs/options.md lists its values):

${OPTION_FLAGS.map(usageOf).join("\n")}

At the terminal the seed defaults to 0 and every frame is kept; --no-… turns a flag off.
`;

/** A flag and what it does, in two columns. */
function usageOf({ flag, value, help }: (typeof OPTION_FLAGS)[number]): string {
  const indent = " ".repeat(27);
  const lines = [`  --${flag}${value ? ` ${value}` : ""}`];
  if (lines[0]!.length < indent.length) lines[0] = lines[0]!.padEnd(indent.length);
  else lines.push(indent);
  for (const word of help.split(" ")) {
    const line = lines.at(-1)!;
    if (line.length + word.length > 118) lines.push(indent + word);
    else lines[lines.length - 1] = `${line}${line.endsWith(" ") ? "" : " "}${word}`;
  }
  return lines.join("\n");
}

/** The format of the one file that is asked for, by its ending; null where `out` is a folder. */
export function fileFormat(out: string): FileFormat | null {
  return fileFormatOfEnding(extname(out).slice(1));
}

/** The same where it is a picture's. */
export function pictureFormat(out: string): WrittenFormat | null {
  return formatOfEnding(extname(out).slice(1));
}

/** Checks that what moves, or does not, can be written where it is asked for. @throws {GramcastError} BAD_USER_INPUT */
export function checkFile(out: string, moves: boolean): void {
  const format = fileFormat(out);
  if (moves && format !== null && !isMoving(format)) {
    throw wrong("--out", out, "a .webp, .gif or .mp4 for what moves, or a folder");
  }
  if (!moves && format === "MP4") throw wrong("--out", out, "a picture or a folder for what does not move");
}

/** The folder of what is written. */
export function outputFolder(out: string): string {
  return fileFormat(out) ? dirname(out) : out;
}

/** Which steps' pictures are kept. */
type FrameSelection = { readonly steps: ReadonlySet<number> } | { readonly every: number } | null;

/** Pictures go by the names of files or samples. */
export interface TransferArguments extends Pictures<string> {
  /** A folder, or a file by its ending. */
  readonly out: string;
  readonly request: TransferRequest;
  /** Null: as the preset's `frameEvery` says. */
  readonly frames: FrameSelection;
  readonly quality: number;
  readonly weights: string | undefined;
  readonly engine: string | undefined;
}

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean" } as const;

/**
 * Reads the command line.
 *
 * @returns Null when help was asked for.
 * @throws {GramcastError} BAD_USER_INPUT naming the option.
 */
export function parseTransferArguments(args: readonly string[]): TransferArguments | null {
  const values = parse(args);
  if (values.help) return null;
  const { content, style = [], out } = values;
  if (content === undefined) throw missing("--content");
  if (style.length === 0) throw missing("--style");
  if (out === undefined) throw missing("--out");
  const weights = numberForEachStyle("--style-weights", values["style-weights"], style);
  const scales = numberForEachStyle("--style-scales", values["style-scales"], style);
  const masks = pictureForEachStyle("--style-masks", values["style-masks"], style);
  const regions = pictureForEachStyle("--style-regions", values["style-regions"], style);
  const initPicture = values["init-image"] ?? null;
  const flags: FlagValues = initPicture === null ? values : { init: "IMAGE", ...values };
  const asked = requestOfFlags(flags);
  const preset = presetOf(values.preset);
  const request: TransferRequest = { keepFrames: true, ...asked, ...(preset === undefined ? {} : { preset }) };
  const styles = style.map((picture, i) => ({
    picture,
    weight: weights[i]!,
    scale: scales[i]!,
    mask: masks[i] || null,
    region: regions[i] || null,
  }));
  checkPictures(request, styles, initPicture !== null);
  checkRequest(request);
  const file = fileFormat(out);
  if (file !== null && values.frames !== undefined) {
    throw wrong("--out", out, "a folder with --frames: a file holds the result alone");
  }
  return {
    content,
    styles,
    contentMask: values["content-mask"] ?? null,
    initPicture,
    out,
    request,
    frames: values.frames === undefined ? null : frameSelection(values.frames),
    quality: checkNumber("quality", LIMITS.quality, numberOf(values.quality ?? "90")),
    weights: values.weights,
    engine: values.engine,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { ...FLAG, short: "h" },
        content: TEXT,
        style: { ...TEXT, multiple: true },
        out: TEXT,
        preset: TEXT,
        frames: TEXT,
        "style-weights": TEXT,
        "style-scales": TEXT,
        "style-masks": TEXT,
        "style-regions": TEXT,
        "content-mask": TEXT,
        "init-image": TEXT,
        quality: TEXT,
        weights: TEXT,
        engine: TEXT,
        ...Object.fromEntries(OPTION_FLAGS.map(({ flag, type }) => [flag, { type }])),
      },
      allowNegative: true,
    }).values;
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).split("\n");
    // Of several lines the last says how to write it, of several sentences the first says what is wrong.
    const reason = lines.length > 1 ? lines.at(-1)! : lines[0]!.split(". ")[0]!;
    throw new GramcastError("BAD_USER_INPUT", `Cannot read the command line: ${reason.replace(/\.$/, "")}`);
  }
}

function frameSelection(text: string): FrameSelection {
  const every = /^every:(.+)$/.exec(text);
  if (every) return { every: stepNumber(every[1]!) };
  return { steps: new Set(list(text).map(stepNumber)) };
}

function stepNumber(text: string): number {
  const step = Number(text);
  if (Number.isInteger(step) && step >= 1) return step;
  throw wrong("--frames", text, "steps as 12,46,100, or every:10");
}

/** The name of a picture for each style, or of none at all; what is given for one style is its name, commas and all. */
function pictureForEachStyle(option: string, text: string | undefined, styles: readonly string[]) {
  return styles.length === 1 ? [text?.replaceAll("\\,", ",")] : forEachStyle(option, text, styles);
}

/** A number for each style; 1 for all of them where none is given. */
function numberForEachStyle(option: string, text: string | undefined, styles: readonly string[]): number[] {
  return forEachStyle(option, text, styles).map((given) => given === undefined ? 1 : numberOf(given) as number);
}

/** One item for each style, or none at all. */
function forEachStyle(option: string, text: string | undefined, styles: readonly string[]): (string | undefined)[] {
  if (text === undefined) return styles.map(() => undefined);
  const items = list(text);
  if (items.length !== styles.length) throw wrong(option, text, `as many as there are styles (${styles.length})`);
  return items;
}

function list(text: string): string[] {
  return text.split(/(?<!\\),/).map((item) => item.replaceAll("\\,", ",").trim());
}

/** A preset, however its name is written; what is none stays as it is, to be refused where values are checked. */
function presetOf(given: string | undefined): TransferRequest["preset"] {
  const named = PRESET_NAMES.find((name) => name === given?.toUpperCase());
  return named ?? given as TransferRequest["preset"];
}

function wrong(option: string, text: string, wanted: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot use ${option} "${text}": wanted ${wanted}`);
}

function missing(option: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot start without ${option}: wanted --content, --style and --out`);
}
