/**
 * The command line of `deno task keys`: makes, lists and revokes the API keys of a server, and tells who
 * did what, also while it runs.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ApiKeys } from "../access/api_keys.ts";
import { openAccessStore } from "../access/open.ts";
import { type AccessStore, KEPT_AUDIT } from "../access/ports.ts";
import { readConfig } from "../config.ts";
import { GramcastError } from "../errors.ts";
import { type Role, ROLES } from "../transfers/caller.ts";
import { SystemClock } from "../transfers/clock.ts";
import { SILENT_LOG } from "../transfers/log.ts";
import { checkChoice, type ChoiceShape } from "../values.ts";

const USAGE =
  `Makes, lists and revokes the API keys of the server whose DATA_DIR or DATABASE_URL this is, and tells who did what on it.

  deno task keys create NAME [--role viewer|user|admin] [--owner OWNER] [--expires WHEN]
  deno task keys list
  deno task keys revoke NAME
  deno task keys audit [--last N]

--role     ${Object.entries(ROLES).map(([role, help]) => `${role.toLowerCase()}: ${help}`).join("\n           ")}
           (default user)
--owner    whose transfers it starts and sees (default NAME): keys of one owner share them
--last     how many of the newest doings are told (default 100)
--expires  a date or time as ISO 8601, or a number of days as 30d (default: never)
`;

const ROLE: ChoiceShape<Role> = { shape: "choice", choices: Object.keys(ROLES) as Role[] };
const DAY_MS = 86_400_000;

/** Runs the command, and answers what it says. @throws {GramcastError} */
export async function runKeys(
  args: readonly string[],
  keys: ApiKeys,
  store: AccessStore,
  now: number,
): Promise<string> {
  const { values, positionals } = parse(args);
  const [command, name, ...rest] = positionals;
  if (values.help || command === undefined) return USAGE;
  if (rest.length > 0) throw wrong(`"${rest[0]}"`, "nothing behind the name");
  switch (command) {
    case "create": {
      const role = checkChoice("role", ROLE, (values.role ?? "user").toUpperCase());
      const key = await keys.create({
        name: named(name),
        owner: values.owner,
        role,
        expiresAt: endOf(values.expires, now),
      });
      return `${key}\n\nThe key is not shown again. A client sends it as "Authorization: Bearer ${
        key.slice(0, 8)
      }…".\n`;
    }
    case "list":
      return table(
        ["name", "role", "owner", "made", "expires", "last used"],
        (await keys.list()).map(({ name, role, owner, createdAt, expiresAt, lastUsedAt }) => [
          name,
          role.toLowerCase(),
          owner,
          day(createdAt),
          expiresAt === null ? "never" : day(expiresAt),
          lastUsedAt === null ? "never" : day(lastUsedAt),
        ]),
      );
    case "revoke":
      await keys.revoke(named(name));
      return `Revoked "${name}": the server refuses it from now on.\n`;
    case "audit":
      return table(
        ["when", "who", "role", "owner", "did", "to what"],
        (await store.audit(countOf(values.last))).map(({ at, name, role, owner, action, subject }) => [
          new Date(at).toISOString(),
          name,
          role.toLowerCase(),
          owner,
          action,
          subject,
        ]),
      );
    default:
      throw wrong(`"${command}"`, "create, list, revoke or audit");
  }
}

function parse(args: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { type: "boolean", short: "h" }, role: text, owner: text, expires: text, last: text },
    });
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    throw new GramcastError("BAD_USER_INPUT", `Cannot read the command line: ${reason}`);
  }
}

function named(name: string | undefined): string {
  if (name !== undefined) return name;
  throw wrong("no name", "the name of a key");
}

/** Milliseconds since the epoch; null for never. */
function endOf(text: string | undefined, now: number): number | null {
  if (text === undefined) return null;
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const end = days === undefined ? Date.parse(text) : now + Number(days) * DAY_MS;
  if (!Number.isNaN(end)) return end;
  throw new GramcastError(
    "BAD_USER_INPUT",
    `Cannot use --expires "${text}": wanted a date as 2027-01-31, or days as 30d`,
    {
      field: "expires",
    },
  );
}

function countOf(text = "100"): number {
  if (/^\d{1,6}$/.test(text) && Number(text) <= KEPT_AUDIT) return Number(text);
  throw new GramcastError(
    "BAD_USER_INPUT",
    `Cannot use --last "${text}": wanted a whole number up to ${KEPT_AUDIT}`,
    { field: "last" },
  );
}

function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd() + "\n").join("");
}

function wrong(found: string, wanted: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot read the command line: found ${found}, wanted ${wanted}`);
}

if (import.meta.main) {
  try {
    const config = readConfig((name) => Deno.env.get(name));
    // A server whose STORE is its memory has none that anybody else could make.
    const store = await openAccessStore({ ...config, store: "sqlite" }, SILENT_LOG);
    const clock = new SystemClock();
    const keys = new ApiKeys(store, clock, "terminal");
    console.log((await runKeys(Deno.args, keys, store, clock.now())).trimEnd());
    await store.close();
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
