/**
 * Writes the schema as SDL beside this file: `deno task schema`.
 *
 * @module
 */
import { printSchema } from "graphql";
import { schema } from "./index.ts";

/** The schema as SDL, as it is committed. */
export function printedSchema(): string {
  return `${printSchema(schema)}\n`;
}

if (import.meta.main) {
  Deno.writeTextFileSync(new URL("./schema.graphql", import.meta.url), printedSchema());
}
