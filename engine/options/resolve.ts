import { LIMITS } from "../../limits.ts";
import { checkChoice, checkCount, checkNumber, invalid } from "../../values.ts";
import type { Size } from "../picture.ts";
import {
  DEFAULT_PRESET,
  PRESET_NAMES,
  type PresetName,
  SETTING_NAMES,
  type SettingName,
  type Settings,
  type TransferOptions,
  type TransferRequest,
} from "./options.ts";
import { type Preset, PRESETS } from "./presets.ts";
import { checkSchedule, resolveSchedule, scheduleRequest, stepsOf } from "./schedule.ts";
import { checked, type Shape, shortest } from "./shapes.ts";
import type { ScaledStyle } from "./style_side.ts";
import { entryOf, OPTION_NAMES, type OptionName } from "./table.ts";

/**
 * Checks everything in a request that can be checked without its pictures.
 *
 * @returns The settings of the request, completed from its preset; those that are drawn only where they are given.
 * @throws {GramcastError} BAD_USER_INPUT with the field, what was given and what is wanted.
 */
export function checkRequest(request: TransferRequest): Partial<Settings> {
  const preset = presetOf(request);
  const settings: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) {
    const given = request[name];
    const { value } = entryOf(name);
    settings[name] = given === undefined || given === null
      ? presetValue(preset, name)
      : checked<Shape>(name, value, given, presetValue(preset, name));
  }
  checkSchedule(request);
  const { contentLayers, styleLayers } = settings as Settings;
  if (contentLayers.length + styleLayers.length === 0) {
    throw invalid("styleLayers", "Cannot start without a loss: wanted contentLayers or styleLayers");
  }
  for (const [name, layers] of Object.entries({ contentLayers, styleLayers })) {
    if (layers.length > 0 && layers.every(({ weight }) => weight === 0)) {
      throw invalid(name, `Cannot use ${name} whose weights are all 0: wanted one above 0, or no layers`);
    }
  }
  const { styleMatch, styleTurns, normalizeLosses } = settings as Settings;
  if (styleTurns && styleMatch !== "NEIGHBORS") {
    throw invalid("styleTurns", `Cannot use styleTurns with styleMatch ${styleMatch}: wanted NEIGHBORS`);
  }
  if (styleMatch === "NEIGHBORS" && !normalizeLosses) {
    throw invalid(
      "styleMatch",
      "Cannot use styleMatch NEIGHBORS without normalizeLosses: wanted true, so that cosines and Gram matrices compare",
    );
  }
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, settings[name]])) as Partial<Settings>;
}

/**
 * Checks what a request says of its pictures.
 *
 * @param styles The style pictures' shares and scales.
 * @param hasInitImage Whether there is a picture to start from.
 * @throws {GramcastError} BAD_USER_INPUT with the field.
 */
export function checkPictures(
  { init }: TransferRequest,
  styles: readonly (ScaledStyle & { readonly weight: number })[],
  hasInitImage: boolean,
): void {
  checkCount("styles", LIMITS.styles, styles);
  styles.forEach(({ weight, scale = 1 }, i) => {
    checkNumber(`styles.${i}.weight`, LIMITS.styleWeight, weight);
    checkNumber(`styles.${i}.scale`, LIMITS.styleScale, scale);
  });
  if (styles.every(({ weight }) => weight === 0)) {
    throw invalid("styles", "Cannot use styles whose weights are all 0: wanted one above 0");
  }
  if (init?.kind === "IMAGE" && !hasInitImage) {
    throw invalid("init.image", "Cannot start from an image: found none, wanted init.image with kind IMAGE");
  }
  if (hasInitImage && init?.kind !== "IMAGE") {
    throw invalid("init.kind", `Cannot use init.image with kind ${init?.kind}: wanted kind IMAGE`);
  }
}

/**
 * Completes a request with its preset's values and checks every one.
 *
 * @param request What the caller gave; what is left out comes from the preset.
 * @param content Size of the content picture, whose aspect ratio the result has, and how many frames it has in time.
 * @param seed Used when the request names none.
 * @throws {GramcastError} BAD_USER_INPUT with the field, what was given and what is wanted.
 */
export function resolveOptions(
  request: TransferRequest,
  content: Size & { readonly frames?: number },
  seed: number,
): TransferOptions {
  const settings = checkRequest(request);
  const scales = resolveSchedule(request, presetOf(request).scales, content);
  const { width, height } = scales.at(-1)!;
  return {
    preset: request.preset ?? DEFAULT_PRESET,
    width,
    height,
    steps: stepsOf(scales),
    scales,
    ...settings as Settings,
    seed: settings.seed ?? seed,
    ...(settings.moving && content.frames! > 1 ? { contentFrames: content.frames! } : {}),
  };
}

/**
 * The shortest request that {@linkcode resolveOptions} turns into these very options, for a content picture of the same
 * aspect ratio.
 */
export function requestOf(options: TransferOptions): TransferRequest {
  const preset = PRESETS[options.preset];
  const given: Partial<Record<OptionName, unknown>> = scheduleRequest(options, preset.scales);
  for (const name of SETTING_NAMES) {
    const value = settingOf(options, name);
    const usual = presetValue(preset, name);
    if (!equal(value, usual)) given[name] = shortest<Shape>(entryOf(name).value, value as never, usual);
  }
  return { preset: options.preset, ...given } as TransferRequest;
}

/** A request that names every option with its value, whatever its preset says. */
export function completeRequestOf(options: TransferOptions): TransferRequest {
  const settings = Object.fromEntries(SETTING_NAMES.map((name) => [name, settingOf(options, name)]));
  const scales = options.scales.map(({ size, steps }) => ({ size, steps }));
  return { preset: options.preset, scales, ...settings };
}

/** A setting of options; of those from before there was this option, how it was then. */
export function settingOf<Name extends SettingName>(options: TransferOptions, name: Name): Settings[Name] {
  return options[name] ?? entryOf(name).default as Settings[Name];
}

/** What an option is for a preset, as a request would say it; null where it is drawn or said by others. */
export function defaultOf(preset: PresetName, name: OptionName): unknown {
  return presetValue(PRESETS[preset], name) ?? null;
}

function presetOf({ preset }: TransferRequest): Preset {
  const names = { shape: "choice", choices: PRESET_NAMES } as const;
  return PRESETS[checkChoice("preset", names, preset ?? DEFAULT_PRESET)];
}

function presetValue(preset: Preset, name: OptionName): unknown {
  const { schedule } = entryOf(name);
  return schedule ? schedule(preset.scales) : preset[name as keyof Preset];
}

/** Whether two values of an option, plain data, are the same. */
function equal(a: unknown, b: unknown): boolean {
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return a === b;
  const [left, right] = [a, b] as Readonly<Record<string, unknown>>[];
  const names = Object.keys(left!);
  return names.length === Object.keys(right!).length && names.every((name) => equal(left![name], right![name]));
}
