/**
 * The kinds of value that a caller may give. Each has one function that checks it, so that a value is refused in the same
 * words, with the same `field`, whether it came by the API, the terminal or a caller of the transfers layer.
 *
 * @module
 */
import { GramcastError } from "./errors.ts";

/** A number of a closed range. */
export interface NumberShape {
  readonly shape: "number";
  /** Whether it has to be whole. */
  readonly whole: boolean;
  readonly minimum: number;
  readonly maximum: number;
}

/** On or off. */
export interface FlagShape {
  readonly shape: "flag";
}

/** One of a few names. */
export interface ChoiceShape<Choice extends string = string> {
  readonly shape: "choice";
  readonly choices: readonly Choice[];
}

/** A text of so many characters (UTF-16 code units). */
export interface TextShape {
  readonly shape: "text";
  readonly shortest: number;
  readonly longest: number;
}

/** Whole numbers from `minimum` to `maximum`. */
export function whole(minimum: number, maximum: number): NumberShape {
  return { shape: "number", whole: true, minimum, maximum };
}

/** Numbers from `minimum` to `maximum`. */
export function real(minimum: number, maximum: number): NumberShape {
  return { shape: "number", whole: false, minimum, maximum };
}

/** Texts of `shortest` to `longest` characters. */
export function text(shortest: number, longest: number): TextShape {
  return { shape: "text", shortest, longest };
}

/** @throws {GramcastError} BAD_USER_INPUT unless `value` is a number of the range. */
export function checkNumber(field: string, { whole, minimum, maximum }: NumberShape, value: unknown): number {
  if (typeof value === "number" && (whole ? Number.isInteger(value) : Number.isFinite(value))) {
    if (value >= minimum && value <= maximum) return value;
  }
  throw refused(field, value, `a ${whole ? "whole " : ""}number from ${minimum} to ${maximum}`);
}

/** @throws {GramcastError} BAD_USER_INPUT unless `value` is true or false. */
export function checkFlag(field: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw refused(field, value, "true or false");
}

/** @throws {GramcastError} BAD_USER_INPUT unless `value` is one of the choices. */
export function checkChoice<Choice extends string>(
  field: string,
  { choices }: ChoiceShape<Choice>,
  value: unknown,
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw refused(field, value, `one of ${choices.join(", ")}`);
}

/** @throws {GramcastError} BAD_USER_INPUT unless `value` is as long as it may be. */
export function checkText(field: string, { shortest, longest }: TextShape, value: string): string {
  if (value.length >= shortest && value.length <= longest) return value;
  throw invalid(
    field,
    `Cannot use ${field} of ${value.length} characters: wanted ${shortest} to ${longest} characters`,
  );
}

/** Checks how many entries a list has. @throws {GramcastError} BAD_USER_INPUT */
export function checkCount(field: string, { minimum, maximum }: NumberShape, list: readonly unknown[]): void {
  if (list.length >= minimum && list.length <= maximum) return;
  throw invalid(field, `Cannot use ${list.length} ${field}: wanted ${minimum} to ${maximum}`);
}

/** Null for what was left out, otherwise what `check` makes of it. */
export function optional<Given, Value>(
  value: Given | null | undefined,
  check: (value: Given) => Value,
): Value | null {
  return value === null || value === undefined ? null : check(value);
}

/** The refusal of a value, in the words of all of them. */
export function refused(field: string, value: unknown, wanted: string): GramcastError {
  const found = value === null || value === undefined ? `leave out ${field}` : `use ${field} ${shown(value)}`;
  return invalid(field, `Cannot ${found}: wanted ${wanted}`);
}

/** A refusal in words of its own: what cannot be done, what was found, what is wanted. */
export function invalid(field: string, message: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", message, { field });
}

/** A text that a caller gave, short enough to be shown in an error message. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
}

/** A value that a caller gave, short enough to be shown in an error message. */
function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  return typeof value === "object" ? `that is a ${Array.isArray(value) ? "list" : "group"}` : String(value);
}
