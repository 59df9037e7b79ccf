/**
 * How much structure a text of JSON has. It imports nothing: the thread that reads long texts starts with it.
 *
 * @module
 */

export interface JsonLimits {
  /** Objects, lists, and their entries. */
  readonly maxValues: number;
  /** Levels of objects and lists. */
  readonly maxDepth: number;
  /** Entries of one object. Each name is another: ten thousand take longer to parse than megabytes of numbers. */
  readonly maxNames: number;
}

/** More than any operation with its variables has, and few enough to be parsed in a few milliseconds. */
export const JSON_LIMITS: JsonLimits = { maxValues: 20_000, maxDepth: 64, maxNames: 1000 };

/** Characters outside of texts, and quotation marks inside of them: what is looked at one by one. */
const MAX_LOOKS = 2 ** 22;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACE = 0x7b;
const OPENING = new Set([0x5b, BRACE]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Looks at the structure of JSON only, whatever it is otherwise.
 *
 * @returns What there is more of than there may be; undefined where there is nothing.
 */
export function excessOf(text: string, { maxValues, maxDepth, maxNames }: JsonLimits): string | undefined {
  let values = 0;
  /** Entries of each object that is open; of lists none are counted. */
  const open: number[] = [];
  let looks = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (++looks > MAX_LOOKS) return `${MAX_LOOKS} characters outside of texts`;
    if (code === QUOTE) {
      do {
        i = text.indexOf('"', i + 1);
        if (++looks > MAX_LOOKS) return `${MAX_LOOKS} quotation marks`;
      } while (i >= 0 && isEscaped(text, i));
      if (i < 0) return undefined;
    } else if (OPENING.has(code)) {
      values++;
      if (open.push(code === BRACE ? 1 : -Infinity) > maxDepth) return `${maxDepth} levels`;
    } else if (CLOSING.has(code)) {
      open.pop();
    } else if (code === COMMA) {
      values++;
      if (open.length > 0 && ++open[open.length - 1]! > maxNames) return `${maxNames} names in an object`;
    }
    if (values > maxValues) return `${maxValues} values`;
  }
  return undefined;
}

/** Whether an odd number of backslashes stands before a quotation mark. */
function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
