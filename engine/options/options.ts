/**
 * The types of a transfer's options, derived from the table: requests, and what they resolve to.
 *
 * @module
 */
import type { Given, Group, GroupShape, Parts, Value } from "./shapes.ts";
import { entryOf, OPTION_NAMES, type OptionName, OPTIONS } from "./table.ts";

export const PRESET_NAMES = ["CLASSIC", "FAST", "BALANCED", "QUALITY", "PAINTERLY", "GATYS", "JOHNSON"] as const;
export type PresetName = (typeof PRESET_NAMES)[number];
export const DEFAULT_PRESET: PresetName = "BALANCED";

type Table = typeof OPTIONS;
type With<Property extends string, Names extends OptionName = OptionName> = {
  [Name in Names]: Table[Name] extends { readonly [P in Property]: unknown } ? Name : never;
}[Names];

/** Options that are not part of the schedule. */
export type SettingName = Exclude<OptionName, With<"schedule">>;
/** Settings that a preset may leave out. */
export type DefaultedName = With<"default", SettingName>;
/** Settings that no preset has. */
export type DrawnName = With<"drawn", SettingName>;

/** The names in the table's order, without those of the schedule. */
export const SETTING_NAMES = OPTION_NAMES.filter((name) => !entryOf(name).schedule) as SettingName[];

/** The settings of a transfer, each with a value. */
export type Settings = { readonly [Name in SettingName]: Value<Table[Name]["value"]> };

/** A convolution that takes part in a loss, and how much. */
export type LayerWeight = Settings["styleLayers"][number];
export type OptimizerOptions = Settings["optimizer"];
export type OptimizerKind = OptimizerOptions["kind"];
export type InitOptions = Settings["init"];
export type Pooling = Settings["pooling"];
export type StyleMatch = Settings["styleMatch"];
export type ColorMode = Settings["color"];

/** One scale of a coarse-to-fine schedule. */
export interface Scale {
  /** Longest side in pixels. */
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
}

/** What a transfer is asked to do, fully resolved: every option has a value. */
export interface TransferOptions extends Settings {
  readonly preset: PresetName;
  /** Of the result, in pixels: that of the last scale. */
  readonly width: number;
  readonly height: number;
  /** Over all scales. */
  readonly steps: number;
  /** At least one, from coarse to fine. */
  readonly scales: readonly Scale[];
  /** Frames of the content that are painted, where they are several: `steps` and `scales` are the first one's. */
  readonly contentFrames?: number;
}

type Asked = { readonly [Name in OptionName]?: Given<Table[Name]["value"]> | null };

/** What a caller may say about a transfer; everything left out comes from the preset. Pictures travel beside it. */
export interface TransferRequest extends Asked {
  readonly preset?: PresetName | null;
}

type RetunablePart<Members extends Parts> = {
  [Name in keyof Members]: Members[Name] extends { readonly retunable: true } ? Name : never;
}[keyof Members];
type RetunableName =
  | With<"retunable", SettingName>
  | {
    [Name in SettingName]: Table[Name]["value"] extends GroupShape<infer Members> ? RetunablePart<Members> : never;
  }[SettingName];

/** Values in force at a step: those of the options that may change while a transfer runs. */
export type Tunables = { readonly [Name in RetunableName]: number };

/** New values of options that may change while a transfer runs, from the next step on; the others stay. */
export type Retuning = { readonly [Name in RetunableName]?: number | null };

export type { Group };
