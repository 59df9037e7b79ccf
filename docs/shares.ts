/**
 * Writes the parts of docs/shares.md that the code says: `deno task docs:shares`. The rest is written by hand.
 *
 * @module
 */
import { RATES_WITH_CALLERS, USER_QUOTAS } from "../access/policy.ts";
import { RATE_NAMES, RATES } from "../access/rates.ts";
import { QUOTA_NAMES, QUOTAS } from "../transfers/quotas.ts";
import { filled } from "./filled.ts";
import { table } from "./table.ts";

const PAGE = new URL("./shares.md", import.meta.url);

/** The page as it should be. @throws {Error} When a part has no place in it. */
export function sharesPage(page: string): string {
  return filled(page, "docs:shares", { "shares": sharesTable, "rates": ratesTable });
}

function sharesTable(): string {
  return table(
    ["Share", "What it bounds", "Unit", "A user's, where callers show who they are"],
    ...QUOTA_NAMES.map((name) => {
      const limit = name === "waiting" ? "`MAX_QUEUED_PER_OWNER`" : `${USER_QUOTAS[name]?.toLocaleString("en")}`;
      return [`\`${name}\``, QUOTAS[name].help, QUOTAS[name].unit, limit];
    }),
  );
}

function ratesTable(): string {
  return table(
    ["Rate", "What it counts", "Where callers show who they are"],
    ...RATE_NAMES.map((name) => {
      const rate = RATES_WITH_CALLERS[name];
      const limit = rate === null ? "no limit" : `${rate.limit.toLocaleString("en")} in ${rate.seconds} s`;
      return [`\`${name}\``, RATES[name].help, limit];
    }),
  );
}

if (import.meta.main) await Deno.writeTextFile(PAGE, sharesPage(await Deno.readTextFile(PAGE)));
