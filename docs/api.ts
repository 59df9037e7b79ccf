/**
 * Writes the parts of docs/api.md that the code says: `deno task docs:api`. The rest is written by hand.
 *
 * @module
 */
import { ERROR_CODES, type ErrorFacts } from "../errors.ts";
import { SERVER_ERROR_CODES } from "../server/errors.ts";
import { filled } from "./filled.ts";
import { connectionLimits, operationLimits } from "./limits.ts";
import { table } from "./table.ts";

const PAGE = new URL("./api.md", import.meta.url);

/** What stands between the comments, by what the first of them says. */
const PARTS: Readonly<Record<string, () => string>> = {
  "errors of a request": () => errorTable("request"),
  "errors of a transfer": () => errorTable("transfer"),
  "errors of a start": () => errorTable("start"),
  "limits of an operation": operationLimits,
  "limits of a connection": connectionLimits,
};

/** The page as it should be. @throws {Error} When a part has no place in it. */
export function apiPage(page: string): string {
  return filled(page, "docs:api", PARTS);
}

function errorTable(when: ErrorFacts["when"]): string {
  const codes: [string, ErrorFacts][] = Object.entries({ ...ERROR_CODES, ...SERVER_ERROR_CODES });
  const rows = codes.filter(([, facts]) => facts.when === when).sort(([a], [b]) => a < b ? -1 : 1);
  return table(
    ["Code", "Meaning", "What to do"],
    ...rows.map(([code, { meaning, remedy }]) => [`\`${code}\``, meaning, remedy]),
  );
}

if (import.meta.main) await Deno.writeTextFile(PAGE, apiPage(await Deno.readTextFile(PAGE)));
