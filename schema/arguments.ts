import { GramcastError } from "../errors.ts";

/**
 * Checks a whole number against a closed range; null and undefined pass as null.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field, what was given and what is wanted.
 */
export function bounded(field: string, value: number | null | undefined, low: number, high: number): number | null {
  if (value === null || value === undefined) return null;
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new GramcastError(
      "BAD_USER_INPUT",
      `Cannot use ${field} ${value}: wanted a whole number from ${low} to ${high}`,
      { field },
    );
  }
  return value;
}

/**
 * Checks the length of a text in characters; null and undefined pass as null.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field, what was given and what is wanted.
 */
export function boundedText(field: string, value: string | null | undefined, low: number, high: number): string | null {
  if (value === null || value === undefined) return null;
  if (value.length < low || value.length > high) {
    throw new GramcastError(
      "BAD_USER_INPUT",
      `Cannot use ${field} of ${value.length} characters: wanted ${low} to ${high} characters`,
      { field },
    );
  }
  return value;
}

/** A text that a caller gave, short enough to be shown in an error message. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
}
