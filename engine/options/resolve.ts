import { GramcastError } from "../../errors.ts";
import {
  type InitOptions,
  type LayerWeight,
  type OptimizerOptions,
  type Scale,
  type TransferOptions,
  type TransferRequest,
} from "./options.ts";
import { fitLongestSide, type Size } from "../picture.ts";
import { PRESETS } from "./presets.ts";
import { CONV_NAMES } from "../vgg16.ts";
import { MAX_WHITENING } from "../objective/whitening.ts";

/** Longest side that may be asked for, in pixels. */
export const MIN_SIZE = 32;
export const MAX_SIZE = 4096;
/** Most steps of one transfer, over all scales. */
export const MAX_STEPS = 10_000;
const MAX_SCALES = 12;
const MAX_LAYERS = CONV_NAMES.length;
const MAX_HISTORY = 100;

/**
 * Completes a request with its preset's values and checks every number.
 *
 * @param request What the caller gave; what is left out comes from the preset.
 * @param content Size of the content picture: the result has its aspect ratio.
 * @param seed Used when the request names none.
 * @throws {GramcastError} BAD_USER_INPUT with the field, what was given and what is wanted.
 */
export function resolveOptions(request: TransferRequest, content: Size, seed: number): TransferOptions {
  const name = request.preset ?? "BALANCED";
  const preset = PRESETS[name];
  const scales = resolveScales(request, preset.scales, content);
  const last = scales.at(-1)!;
  const options: TransferOptions = {
    preset: name,
    width: last.width,
    height: last.height,
    steps: scales.reduce((sum, scale) => sum + scale.steps, 0),
    scales,
    contentWeight: within("contentWeight", request.contentWeight ?? preset.contentWeight, 0, 1e12),
    styleWeight: within("styleWeight", request.styleWeight ?? preset.styleWeight, 0, 1e12),
    tvWeight: within("tvWeight", request.tvWeight ?? preset.tvWeight, 0, 1e12),
    contentLayers: resolveLayers("contentLayers", request.contentLayers) ?? preset.contentLayers,
    styleLayers: resolveLayers("styleLayers", request.styleLayers) ?? preset.styleLayers,
    optimizer: resolveOptimizer(request.optimizer, preset.optimizer),
    init: resolveInit(request.init, preset.init),
    pooling: request.pooling ?? preset.pooling,
    color: request.color ?? preset.color,
    styleScale: within("styleScale", request.styleScale ?? preset.styleScale, 0.1, 4),
    normalizeGradients: request.normalizeGradients ?? preset.normalizeGradients,
    normalizeLosses: request.normalizeLosses ?? preset.normalizeLosses,
    whitening: within("whitening", request.whitening ?? preset.whitening, 0, MAX_WHITENING),
    averaging: within("averaging", request.averaging ?? preset.averaging, 0, 0.9999),
    seed: integer("seed", request.seed ?? seed, -(2 ** 31), 2 ** 31 - 1),
    frameEvery: integer("frameEvery", request.frameEvery ?? preset.frameEvery, 1, MAX_STEPS),
    keepFrames: request.keepFrames ?? false,
  };
  if (options.contentLayers.length + options.styleLayers.length === 0) {
    throw new GramcastError("BAD_USER_INPUT", "Cannot start without a loss: give contentLayers or styleLayers", {
      field: "styleLayers",
    });
  }
  return options;
}

function resolveScales(
  request: TransferRequest,
  preset: readonly { readonly size: number; readonly steps: number }[],
  content: Size,
): Scale[] {
  const given = request.scales;
  if (given) {
    if (request.steps !== undefined && request.steps !== null) {
      throw invalid("steps", `${request.steps} beside scales`, "steps left out when scales are given");
    }
    if (given.length < 1 || given.length > MAX_SCALES) {
      throw invalid("scales", `${given.length} scales`, `1 to ${MAX_SCALES}`);
    }
    if (request.size !== undefined && request.size !== null && request.size !== given.at(-1)!.size) {
      throw invalid("size", String(request.size), `the last scale's size (${given.at(-1)!.size}), or none`);
    }
    for (let i = 1; i < given.length; i++) {
      if (given[i]!.size <= given[i - 1]!.size) {
        throw invalid(`scales.${i}.size`, String(given[i]!.size), `more than the scale before (${given[i - 1]!.size})`);
      }
    }
  }
  const stages = given ?? rescaled(preset, request.size, request.steps);
  const scales = stages.map(({ size, steps }, i) => {
    const sizeField = given ? `scales.${i}.size` : "size";
    const stepsField = given ? `scales.${i}.steps` : "steps";
    integer(sizeField, size, MIN_SIZE, MAX_SIZE);
    integer(stepsField, steps, 1, MAX_STEPS);
    return { size, ...fitLongestSide(content, size), steps };
  });
  const steps = scales.reduce((sum, scale) => sum + scale.steps, 0);
  if (steps > MAX_STEPS) throw invalid(given ? "scales" : "steps", `${steps} steps`, `at most ${MAX_STEPS} in all`);
  return scales;
}

/** A preset's schedule for another result size or number of steps: same proportions, no scale under the smallest size. */
function rescaled(
  preset: readonly { readonly size: number; readonly steps: number }[],
  size: number | null | undefined,
  steps: number | null | undefined,
): { size: number; steps: number }[] {
  const wantedSize = integer("size", size ?? preset.at(-1)!.size, MIN_SIZE, MAX_SIZE);
  const factor = wantedSize / preset.at(-1)!.size;
  const stages: { size: number; steps: number }[] = [];
  for (const stage of preset) {
    const scaled = Math.max(MIN_SIZE, Math.round(stage.size * factor));
    const previous = stages.at(-1);
    if (previous && previous.size === scaled) previous.steps += stage.steps;
    else stages.push({ size: scaled, steps: stage.steps });
  }
  if (steps === undefined || steps === null) return stages;
  integer("steps", steps, 1, MAX_STEPS);
  return distribute(stages, steps);
}

/** Shares out `steps` in the proportions of the stages' own; stages left with none fall away, the last never does. */
function distribute(stages: { size: number; steps: number }[], steps: number): { size: number; steps: number }[] {
  const planned = stages.reduce((sum, stage) => sum + stage.steps, 0);
  let used = 0;
  const shared = stages.map((stage, i) => {
    const share = i === stages.length - 1 ? steps - used : Math.floor((stage.steps / planned) * steps);
    used += share;
    return { size: stage.size, steps: share };
  });
  return shared.filter((stage) => stage.steps > 0);
}

function resolveLayers(
  field: "contentLayers" | "styleLayers",
  layers: TransferRequest["contentLayers"],
): LayerWeight[] | undefined {
  if (!layers) return undefined;
  if (layers.length > MAX_LAYERS) throw invalid(field, `${layers.length} layers`, `at most ${MAX_LAYERS}`);
  const seen = new Set<string>();
  return layers.map(({ layer, weight }, i) => {
    if (!CONV_NAMES.includes(layer)) {
      throw invalid(`${field}.${i}.layer`, `"${layer}"`, `one of ${CONV_NAMES.join(", ")}`);
    }
    if (seen.has(layer)) throw invalid(`${field}.${i}.layer`, `"${layer}" twice`, "each layer once");
    seen.add(layer);
    return { layer, weight: within(`${field}.${i}.weight`, weight ?? 1, 0, 1e12) };
  });
}

function resolveOptimizer(given: TransferRequest["optimizer"], preset: OptimizerOptions): OptimizerOptions {
  if (!given) return preset;
  // Another kind than the preset's has its own natural learning rate.
  const learningRate = given.kind === preset.kind ? preset.learningRate : given.kind === "ADAM" ? 10 : 1;
  return {
    kind: given.kind,
    learningRate: within("optimizer.learningRate", given.learningRate ?? learningRate, 1e-6, 1e3),
    beta1: within("optimizer.beta1", given.beta1 ?? preset.beta1, 0, 0.99999),
    beta2: within("optimizer.beta2", given.beta2 ?? preset.beta2, 0, 0.9999999),
    epsilon: within("optimizer.epsilon", given.epsilon ?? preset.epsilon, 1e-30, 1),
    history: integer("optimizer.history", given.history ?? preset.history, 1, MAX_HISTORY),
  };
}

function resolveInit(given: TransferRequest["init"], preset: InitOptions): InitOptions {
  if (!given) return preset;
  return { kind: given.kind, noise: within("init.noise", given.noise ?? (given.kind === "NOISE" ? 1 : 0), 0, 1) };
}

/** Checks a number against a closed range. */
export function within(field: string, value: number, low: number, high: number): number {
  if (!Number.isFinite(value) || value < low || value > high) {
    throw invalid(field, String(value), `a number from ${low} to ${high}`);
  }
  return value;
}

function integer(field: string, value: number, low: number, high: number): number {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw invalid(field, String(value), `a whole number from ${low} to ${high}`);
  }
  return value;
}

function invalid(field: string, given: string, wanted: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot use ${field} ${given}: wanted ${wanted}`, { field });
}
