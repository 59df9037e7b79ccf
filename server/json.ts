import { serverError } from "./errors.ts";

export interface JsonLimits {
  /** Objects, lists, and their entries. */
  readonly maxValues: number;
  /** Levels of objects and lists. */
  readonly maxDepth: number;
}

/** More than any operation with its variables has, and few enough to be parsed in a few milliseconds. */
export const JSON_LIMITS: JsonLimits = { maxValues: 20_000, maxDepth: 64 };

/** Characters that are examined one by one: those outside of texts, and quotation marks in them. */
const MAX_LOOKS = 2 ** 22;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Parses JSON that has no more structure than it may: 12 MB of picture are read in milliseconds, 12 MB of brackets would
 * take half a second and 200 MB.
 *
 * @throws {GraphQLError} QUERY_TOO_COMPLEX when there is more.
 * @throws {SyntaxError} When it is not JSON.
 */
export function parseJson(text: string, limits: JsonLimits = JSON_LIMITS): unknown {
  checkStructure(text, limits);
  return JSON.parse(text);
}

/**
 * Looks at the structure of JSON only, whatever it is otherwise.
 *
 * @throws {GraphQLError} QUERY_TOO_COMPLEX when there is more than there may be.
 */
export function checkStructure(text: string, { maxValues, maxDepth }: JsonLimits = JSON_LIMITS): void {
  let values = 0;
  let depth = 0;
  let looks = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (++looks > MAX_LOOKS) throw tooMuch(`more than ${MAX_LOOKS} characters outside of texts`, "less");
    if (code === QUOTE) {
      do {
        i = text.indexOf('"', i + 1);
        if (++looks > MAX_LOOKS) throw tooMuch(`more than ${MAX_LOOKS} quotation marks`, "fewer");
      } while (i >= 0 && isEscaped(text, i));
      if (i < 0) return;
    } else if (OPENING.has(code)) {
      values++;
      if (++depth > maxDepth) throw tooMuch(`more than ${maxDepth} levels`, "at most that");
    } else if (CLOSING.has(code)) {
      depth--;
    } else if (code === COMMA) {
      values++;
    }
    if (values > maxValues) throw tooMuch(`more than ${maxValues} values`, "at most that");
  }
}

/** Whether an odd number of backslashes stands before a quotation mark. */
function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

function tooMuch(found: string, wanted: string) {
  return serverError("QUERY_TOO_COMPLEX", `Cannot read JSON as large as this: found ${found}, wanted ${wanted}`);
}
