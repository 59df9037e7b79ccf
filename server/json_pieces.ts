/** Characters above which a text is written in pieces. */
const LONG = 2 ** 16;

/** A value as JSON, in pieces: to write 30 MB of a picture in one would hold the event loop for a tenth of a second. */
export function* jsonPieces(value: unknown): Generator<string, void> {
  const long: string[] = [];
  // Nobody can know it, so that no text can hold it.
  const mark = crypto.randomUUID();
  const replace = (_key: string, value: unknown) => {
    if (typeof value !== "string" || value.length <= LONG) return value;
    long.push(value);
    return mark;
  };
  const [first, ...rest] = JSON.stringify(value, replace).split(mark);
  yield first!;
  for (const after of rest) {
    const text = long.shift()!;
    // Halves of a character that is cut in two are escaped, each for itself.
    for (let at = 0; at < text.length; at += LONG) yield JSON.stringify(text.slice(at, at + LONG)).slice(1, -1);
    yield after;
  }
}
