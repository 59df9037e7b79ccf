import { GramcastError } from "../errors.ts";

/**
 * Reads the documents that may be asked for by their ids: a JSON object of texts by id, as Relay's compiler and GraphQL Code
 * Generator write it.
 *
 * @param path The file; null where there is none.
 * @throws {GramcastError} BAD_USER_INPUT when it cannot be read as that.
 */
export async function readTrustedDocuments(path: string | null): Promise<ReadonlyMap<string, string>> {
  if (path === null) return new Map();
  let found: unknown;
  try {
    found = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw unusable(error instanceof SyntaxError ? "a file that is not JSON" : "no file that can be read");
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) throw unusable("no JSON object");
  const documents = Object.entries(found);
  if (!documents.every((entry): entry is [string, string] => typeof entry[1] === "string")) {
    throw unusable("values that are no texts");
  }
  return new Map(documents);
}

function unusable(found: string): GramcastError {
  const message = `Cannot use TRUSTED_DOCUMENTS: found ${found}, wanted a JSON object of documents by their ids`;
  return new GramcastError("BAD_USER_INPUT", message, { field: "TRUSTED_DOCUMENTS" });
}
