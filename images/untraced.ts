/** The name under which `node:http` of Deno keeps the span of a request or of an answer. */
const SPAN = "kOtelSpan";

/**
 * Has Deno send no span of its own for a request or an answer of `node:http`: that has the whole address in it, with
 * keys and signatures, and no setting leaves them out. Does nothing where nothing is traced.
 */
export function untraced(message: object): void {
  for (const symbol of Object.getOwnPropertySymbols(message)) {
    if (symbol.description === SPAN) Reflect.set(message, symbol, null);
  }
}
