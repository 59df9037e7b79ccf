/**
 * The options of `deno task transfer`, by the names of GraphQL's `StartTransferInput`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { GramcastError } from "../errors.ts";
import type { TransferRequest } from "../engine/options.ts";
import { COLOR_MODES, INIT_KINDS, OPTIMIZER_KINDS, POOLINGS, PRESET_NAMES } from "../engine/options.ts";

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
  --init-image PICTURE     --init-noise SHARE
  --pooling KIND           ${POOLINGS.join(", ")}
  --color MODE             ${COLOR_MODES.join(", ")}
  --style-scale FACTOR     --averaging DECAY
  --normalize-gradients    --normalize-losses
  --content-mask PICTURE   --style-masks PICTURE,PICTURE
  --seed N                 (default 0)
  --quality 1–100          of the JPEG frames (default 90)
  --weights W              auto, pretrained, builtin or a file (default: the variable WEIGHTS, else auto)
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
  const weights = list(values["style-weights"]).map((each) => number("--style-weights", each));
  const masks = list(values["style-masks"]);
  return {
    content,
    styles: style.map((picture, i) => ({ picture, weight: weights[i] ?? 1, mask: masks[i] || null })),
    out,
    contentMask: values["content-mask"] ?? null,
    initImage: values["init-image"] ?? null,
    request: toRequest(values),
    frames: values.frames === undefined ? null : frameSelection(values.frames),
    quality: number("--quality", values.quality ?? "90"),
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
    const reason = error instanceof Error ? error.message.split(". ")[0]! : String(error);
    throw new GramcastError("BAD_USER_INPUT", `Cannot read the command line: ${reason}`);
  }
}

type Values = ReturnType<typeof parse>;

function toRequest(values: Values): TransferRequest {
  const kind = choice("--optimizer", values.optimizer, OPTIMIZER_KINDS);
  if (!kind && (values["learning-rate"] !== undefined || values.history !== undefined)) {
    throw new GramcastError(
      "BAD_USER_INPUT",
      "Cannot use --learning-rate or --history alone: wanted --optimizer with them",
    );
  }
  const init = choice("--init", values.init ?? (values["init-image"] ? "IMAGE" : undefined), INIT_KINDS);
  return {
    preset: choice("--preset", values.preset, PRESET_NAMES),
    size: optional("--size", values.size),
    steps: optional("--steps", values.steps),
    scales: values.scales === undefined ? null : list(values.scales).map((scale) => {
      const [size, steps] = scale.split(":");
      return { size: number("--scales", size ?? ""), steps: number("--scales", steps ?? "") };
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
    normalizeGradients: values["normalize-gradients"] ?? null,
    normalizeLosses: values["normalize-losses"] ?? null,
    keepFrames: true,
  };
}

function frameSelection(text: string): FrameSelection {
  const every = /^every:(.+)$/.exec(text);
  if (every) return { every: number("--frames", every[1]!) };
  return { steps: new Set(list(text).map((step) => number("--frames", step))) };
}

function layers(option: string, text: string | undefined) {
  if (text === undefined) return null;
  return list(text).map((each) => {
    const [layer, weight] = each.split(":");
    return { layer: layer!, weight: weight === undefined ? 1 : number(option, weight) };
  });
}

function list(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(",").map((item) => item.trim());
}

function optional(option: string, text: string | undefined): number | null {
  return text === undefined ? null : number(option, text);
}

function number(option: string, text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new GramcastError("BAD_USER_INPUT", `Cannot use ${option} "${text}": wanted a number`);
}

function choice<T extends string>(option: string, text: string | undefined, choices: readonly T[]): T | null {
  if (text === undefined) return null;
  const found = choices.find((each) => each === text.toUpperCase());
  if (found) return found;
  throw new GramcastError("BAD_USER_INPUT", `Cannot use ${option} "${text}": wanted one of ${choices.join(", ")}`);
}

function missing(option: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot start without ${option}: wanted --content, --style and --out`);
}
