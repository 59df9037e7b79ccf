/**
 * The options of `deno task transfer`, by the names of GraphQL's `StartTransferInput`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { GramcastError } from "../errors.ts";
import type { TransferRequest } from "../engine/options/options.ts";
import { COLOR_MODES, INIT_KINDS, OPTIMIZER_KINDS, POOLINGS, PRESET_NAMES } from "../engine/options/options.ts";

export const USAGE = `Repaints a picture in the style of others.

  deno task transfer --content PICTURE --style PICTURE [--style PICTURE …] --out FOLDER [options]

PICTURE is a file or the name of a built-in sample.

  --preset NAME            ${PRESET_NAMES.join(", ")} (default BALANCED)
  --size PIXELS            longest side of the result
  --steps N                over all scales
  --scales 128:60,256:40   sizes and steps from coarse to fine, instead of --size and --steps
  --frames 12,46,100       steps whose picture is kept as res_12.jpg and so on; "every:10" for every tenth
  --style-weights 1,0.5    shares of several styles
  --content-weight W       --style-weight W       --tv-weight W
  --content-layers conv1_1,conv2_1:0.5            layers and their weights
  --style-layers conv4_3
  --optimizer KIND         ${OPTIMIZER_KINDS.join(", ")}
  --learning-rate RATE     --history N
  --init KIND              ${INIT_KINDS.join(", ")}
  --init-image PICTURE     --init-noise SHARE     (0 none, 1 noise alone)
  --pooling KIND           ${POOLINGS.join(", ")}
  --color MODE             ${COLOR_MODES.join(", ")}
  --style-scale FACTOR     --averaging DECAY
  --normalize-gradients    --normalize-losses      --whitening SHARE
  --content-mask PICTURE   --style-masks PICTURE,PICTURE
  --seed N                 (default 0)
  --quality 1–100          of the JPEG frames (default 90)
  --weights W              auto or a file (default: the variable WEIGHTS, else auto: the VGG16 that ships)
  --engine E               auto, onnx:cpu … (default: the variable ENGINE, else auto)
`;

/** Which steps' pictures are kept. */
export type FrameSelection = { readonly steps: ReadonlySet<number> } | { readonly every: number } | null;

export interface TransferArguments {
  readonly content: string;
  readonly styles: readonly { readonly picture: string; readonly weight: number; readonly mask: string | null }[];
  readonly out: string;
  readonly contentMask: string | null;
  readonly initImage: string | null;
  readonly request: TransferRequest;
  /** Null: as the preset's `frameEvery` says. */
  readonly frames: FrameSelection;
  readonly quality: number;
  readonly seed: number;
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
  const weights = forEachStyle("--style-weights", values["style-weights"], style).map((text) =>
    text === undefined ? 1 : number("--style-weights", text)
  );
  const masks = forEachStyle("--style-masks", values["style-masks"], style);
  const quality = number("--quality", values.quality ?? "90");
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw wrong("--quality", String(quality), "a whole number from 1 to 100");
  }
  return {
    content,
    styles: style.map((picture, i) => ({ picture, weight: weights[i]!, mask: masks[i] || null })),
    out,
    contentMask: values["content-mask"] ?? null,
    initImage: values["init-image"] ?? null,
    request: toRequest(values),
    frames: values.frames === undefined ? null : frameSelection(values.frames),
    quality,
    seed: number("--seed", values.seed ?? "0"),
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
        size: TEXT,
        steps: TEXT,
        scales: TEXT,
        frames: TEXT,
        "style-weights": TEXT,
        "content-weight": TEXT,
        "style-weight": TEXT,
        "tv-weight": TEXT,
        "content-layers": TEXT,
        "style-layers": TEXT,
        optimizer: TEXT,
        "learning-rate": TEXT,
        history: TEXT,
        init: TEXT,
        "init-image": TEXT,
        "init-noise": TEXT,
        pooling: TEXT,
        color: TEXT,
        "style-scale": TEXT,
        averaging: TEXT,
        whitening: TEXT,
        "normalize-gradients": FLAG,
        "normalize-losses": FLAG,
        "content-mask": TEXT,
        "style-masks": TEXT,
        seed: TEXT,
        quality: TEXT,
        weights: TEXT,
        engine: TEXT,
      },
    }).values;
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).split("\n");
    // Of several lines the last says how to write it, of several sentences the first says what is wrong.
    const reason = lines.length > 1 ? lines.at(-1)! : lines[0]!.split(". ")[0]!;
    throw new GramcastError("BAD_USER_INPUT", `Cannot read the command line: ${reason.replace(/\.$/, "")}`);
  }
}

type Values = ReturnType<typeof parse>;

function toRequest(values: Values): TransferRequest {
  const kind = choice("--optimizer", values.optimizer, OPTIMIZER_KINDS);
  if (!kind) refuseAlone(["--learning-rate", "--history"], values, "--optimizer");
  const init = choice("--init", values.init ?? (values["init-image"] ? "IMAGE" : undefined), INIT_KINDS);
  if (!init) refuseAlone(["--init-noise"], values, "--init");
  if ((init === "IMAGE") !== (values["init-image"] !== undefined)) {
    throw wrong("--init", String(values.init), "--init-image with --init image, and with no other");
  }
  return {
    preset: choice("--preset", values.preset, PRESET_NAMES),
    size: optional("--size", values.size),
    steps: optional("--steps", values.steps),
    scales: values.scales === undefined ? null : list(values.scales).map((scale) => {
      const [size, steps, more] = scale.split(":");
      if (!size || !steps || more !== undefined) {
        throw wrong("--scales", scale, "sizes and steps as 128:60,256:40");
      }
      return { size: number("--scales", size), steps: number("--scales", steps) };
    }),
    contentWeight: optional("--content-weight", values["content-weight"]),
    styleWeight: optional("--style-weight", values["style-weight"]),
    tvWeight: optional("--tv-weight", values["tv-weight"]),
    contentLayers: layers("--content-layers", values["content-layers"]),
    styleLayers: layers("--style-layers", values["style-layers"]),
    optimizer: kind
      ? {
        kind,
        learningRate: optional("--learning-rate", values["learning-rate"]),
        history: optional("--history", values.history),
      }
      : null,
    init: init ? { kind: init, noise: optional("--init-noise", values["init-noise"]) } : null,
    pooling: choice("--pooling", values.pooling, POOLINGS),
    color: choice("--color", values.color, COLOR_MODES),
    styleScale: optional("--style-scale", values["style-scale"]),
    averaging: optional("--averaging", values.averaging),
    whitening: optional("--whitening", values.whitening),
    normalizeGradients: values["normalize-gradients"] ?? null,
    normalizeLosses: values["normalize-losses"] ?? null,
    keepFrames: true,
  };
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

function layers(option: string, text: string | undefined) {
  if (text === undefined) return null;
  return list(text).map((each) => {
    const [layer, weight, more] = each.split(":");
    if (!layer || more !== undefined) throw wrong(option, each, "layers as conv1_1,conv2_1:0.5");
    return { layer, weight: weight === undefined ? 1 : number(option, weight) };
  });
}

/** One item for each style, or none at all. */
function forEachStyle(option: string, text: string | undefined, styles: readonly string[]): (string | undefined)[] {
  if (text === undefined) return styles.map(() => undefined);
  const items = list(text);
  if (items.length !== styles.length) throw wrong(option, text, `as many as there are styles (${styles.length})`);
  return items;
}

function list(text: string): string[] {
  return text.split(",").map((item) => item.trim());
}

function optional(option: string, text: string | undefined): number | null {
  return text === undefined ? null : number(option, text);
}

function number(option: string, text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw wrong(option, text, "a number");
}

function choice<T extends string>(option: string, text: string | undefined, choices: readonly T[]): T | null {
  if (text === undefined) return null;
  const found = choices.find((each) => each === text.toUpperCase());
  if (found) return found;
  throw wrong(option, text, `one of ${choices.join(", ")}`);
}

function refuseAlone(options: readonly string[], values: Values, partner: string): void {
  const given = options.find((option) => values[option.slice(2) as keyof Values] !== undefined);
  if (given) throw new GramcastError("BAD_USER_INPUT", `Cannot use ${given} alone: wanted ${partner} with it`);
}

function wrong(option: string, text: string, wanted: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot use ${option} "${text}": wanted ${wanted}`);
}

function missing(option: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot start without ${option}: wanted --content, --style and --out`);
}
