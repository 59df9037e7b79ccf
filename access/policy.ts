import type { Rate } from "./bucket.ts";
import { NO_RATES, RATE_NAMES, type RatePolicy } from "./rates.ts";
import { authWays, type Config } from "../config.ts";
import { GramcastError } from "../errors.ts";
import { type Role, ROLES } from "../transfers/caller.ts";
import { QUOTA_NAMES, type Quotas, type RoleQuotas, sameForAll } from "../transfers/quotas.ts";

/** How much callers may have and do. */
export interface Policy {
  readonly quotas: Quotas;
  readonly rates: RatePolicy;
}

/** What the defaults depend on. */
type PolicyDefaults = Parameters<typeof authWays>[0] & Pick<Config, "maxQueuedPerOwner">;

const GIBIBYTE = 2 ** 30;
/** Of the window of a rate: a day. */
const MAX_SECONDS = 86_400;

/** What a user may have where callers show who they are: enough to work with all day, too little to take the server. */
export const USER_QUOTAS: Omit<RoleQuotas, "waiting"> = {
  running: 4,
  bytes: 2 * GIBIBYTE,
  // 380,000 steps of 512².
  pixelSteps: 1e11,
  size: 2048,
  // They may step back behind others, and not in front of them.
  priority: 0,
};

/** How often callers may come where they show who they are: more than a person with a busy page does. */
export const RATES_WITH_CALLERS: RatePolicy = {
  requests: { limit: 3000, seconds: 60 },
  bytes: { limit: GIBIBYTE / 2, seconds: 60 },
  sockets: { limit: 120, seconds: 60 },
  subscriptions: { limit: 300, seconds: 60 },
};

/**
 * Reads the policy: the defaults, with what the file says in their place.
 *
 * @throws {GramcastError} BAD_USER_INPUT naming what in the file is wrong.
 */
export async function readPolicy(
  config: Pick<Config, "policy"> & PolicyDefaults,
): Promise<Policy> {
  const found = config.policy === null ? {} : await readJson(config.policy);
  return policyOf(found, config);
}

/** The policy that a file of this content gives. @throws {GramcastError} BAD_USER_INPUT */
export function policyOf(found: unknown, config: PolicyDefaults): Policy {
  const { roles = {}, rates = {} } = members("it", found, ["roles", "rates"]);
  const given = members("roles", roles, Object.keys(ROLES));
  const quotas = { ...sameForAll({ waiting: config.maxQueuedPerOwner }) } as Record<Role, RoleQuotas>;
  const callersAreKnown = authWays(config).length > 0;
  if (callersAreKnown) quotas.USER = { ...quotas.USER, ...USER_QUOTAS };
  for (const [role, value] of Object.entries(given)) {
    const limits = Object.entries(members(`roles.${role}`, value, QUOTA_NAMES));
    const checked = limits.map(([name, limit]) => [name, limitOf(`roles.${role}.${name}`, limit)]);
    quotas[role as Role] = { ...quotas[role as Role], ...Object.fromEntries(checked) };
  }
  const frequencies = Object.entries(members("rates", rates, RATE_NAMES)).map(([name, rate]) => [
    name,
    rateOf(`rates.${name}`, rate),
  ]);
  return {
    quotas,
    rates: { ...(callersAreKnown ? RATES_WITH_CALLERS : NO_RATES), ...Object.fromEntries(frequencies) },
  };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw unusable(
      error instanceof SyntaxError ? "a file that is not JSON" : "no file that can be read",
      "a JSON file",
    );
  }
}

/** The members of an object, all of them known. */
function members(at: string, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw unusable(`${at} that is no object`, `an object of ${known.join(", ")}`);
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unusable(`${JSON.stringify(unknown)} in ${at}`, known.join(", "));
  return value as Record<string, unknown>;
}

function limitOf(at: string, value: unknown): number | null {
  if (value === null || (typeof value === "number" && value >= 0 && Number.isSafeInteger(value))) return value;
  throw unusable(`${JSON.stringify(value)} for ${at}`, "a whole number, or null for no limit");
}

function rateOf(at: string, value: unknown): Rate | null {
  if (value === null) return null;
  const { limit, seconds } = members(at, value, ["limit", "seconds"]);
  if (typeof limit !== "number" || !Number.isSafeInteger(limit) || limit < 1) {
    throw unusable(`${JSON.stringify(limit)} for ${at}.limit`, "a whole number from 1 on");
  }
  if (typeof seconds !== "number" || !Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) {
    throw unusable(`${JSON.stringify(seconds)} for ${at}.seconds`, `a whole number from 1 to ${MAX_SECONDS}`);
  }
  return { limit, seconds };
}

function unusable(found: string, wanted: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot use POLICY: found ${found}, wanted ${wanted}`, {
    field: "POLICY",
  });
}
