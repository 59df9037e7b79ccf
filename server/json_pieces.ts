/** Characters above which a text is written in pieces. */
const LONG = 2 ** 16;

/**
 * Writes JSON in pieces: to write 30 MB of a picture in one would hold the event loop for a tenth of a second. For
 * libraries that call `JSON.stringify` themselves, and can be given a replacer.
 */
export class PiecewiseJson {
  // Nobody can know it, so that no text can hold it.
  readonly #mark = crypto.randomUUID();
  #long: string[] = [];

  /** For `JSON.stringify`: puts a mark in the place of each long text. */
  readonly replacer = (_key: string, value: unknown): unknown => {
    if (typeof value !== "string" || value.length <= LONG) return value;
    this.#long.push(value);
    return this.#mark;
  };

  /**
   * The pieces of what `JSON.stringify` made last with the replacer: each of `LONG` characters of a text at most, escaped,
   * or what stands between two of them. They can be taken at any time later.
   */
  pieces(marked: string): JsonPieces {
    const between = marked.split(this.#mark);
    // One that was not asked for has thrown before it was whole.
    const long = this.#long.slice(this.#long.length - (between.length - 1));
    this.#long = [];
    const length = between.reduce((sum, { length }) => sum + length, 0) +
      long.reduce((sum, { length }) => sum + length, 0);
    return { length, [Symbol.iterator]: () => interleave(between, long) };
  }
}

/** JSON that is yet to be written out. */
export interface JsonPieces extends Iterable<string> {
  /** Characters, not counting what is escaped in long texts. */
  readonly length: number;
}

/** A value as JSON, in pieces. */
export function jsonPieces(value: unknown): JsonPieces {
  const json = new PiecewiseJson();
  return json.pieces(JSON.stringify(value, json.replacer));
}

function* interleave([first, ...rest]: readonly string[], long: readonly string[]): Generator<string, void> {
  yield first!;
  for (const [i, after] of rest.entries()) {
    const text = long[i]!;
    // Halves of a character that is cut in two are escaped, each for itself.
    for (let at = 0; at < text.length; at += LONG) yield JSON.stringify(text.slice(at, at + LONG)).slice(1, -1);
    yield after;
  }
}
