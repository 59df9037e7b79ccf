import { serverError } from "./errors.ts";
import { excessOf, JSON_LIMITS, type JsonLimits } from "./json_structure.ts";

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
export function checkStructure(text: string, limits: JsonLimits = JSON_LIMITS): void {
  const excess = excessOf(text, limits);
  if (excess !== undefined) throw tooMuch(excess);
}

/** The refusal of JSON that has more of something than there may be. */
export function tooMuch(excess: string) {
  return serverError("QUERY_TOO_COMPLEX", `Cannot read JSON as large as this: found more than ${excess}, wanted less`);
}
