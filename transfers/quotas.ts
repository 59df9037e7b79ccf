/**
 * What one owner may have and do at once: their share of the server. The role of whoever asks says how large it is;
 * `QuotaBook` holds every request against it, and `access/policy.ts` reads it.
 *
 * @module
 */
import { GramcastError } from "../errors.ts";
import { type Role, ROLES } from "./caller.ts";

export const QUOTAS = {
  waiting: {
    unit: "transfers",
    help: "transfers that wait",
    frees: "wait until one begins, or cancel one",
  },
  running: {
    unit: "transfers",
    help: "transfers that run at once; further ones wait while those of others go on",
    frees: "wait until one ends",
  },
  bytes: {
    unit: "bytes",
    help: "pictures, results, kept frames and checkpoints",
    frees: "delete transfers, or wait for RETENTION_DAYS to remove what is old",
  },
  pixelSteps: {
    unit: "pixel steps",
    help:
      "steps × pixels that are admitted on a UTC day; what a cancelled or failed transfer leaves undone is given back",
    frees: "wait for the next day, in UTC",
  },
  size: {
    unit: "pixels",
    help: "longest side of a result",
    frees: "take a smaller size",
  },
  priority: {
    unit: "levels",
    help: "highest priority of a transfer: within a priority owners take turns, across them they do not",
    frees: "take a lower priority",
  },
} as const;

export type QuotaName = keyof typeof QUOTAS;

/** Null where nothing bounds it. */
export type RoleQuotas = Readonly<Record<QuotaName, number | null>>;
export type Quotas = Readonly<Record<Role, RoleQuotas>>;

export const QUOTA_NAMES = Object.keys(QUOTAS) as readonly QuotaName[];

/** The same for all roles; what is left out is not bounded. */
export function sameForAll(quotas: Partial<RoleQuotas>): Quotas {
  const none = Object.fromEntries(QUOTA_NAMES.map((name) => [name, null]));
  const all = { ...none, ...quotas } as RoleQuotas;
  return Object.fromEntries(Object.keys(ROLES).map((role) => [role, all])) as Quotas;
}

/** One quota as it stands. */
export interface Share {
  readonly name: QuotaName;
  /** Null for none. */
  readonly limit: number | null;
  readonly used: number;
  /** When all of it is free again, in milliseconds since the epoch; null where that depends on what the owner does. */
  readonly resetsAt: number | null;
}

/**
 * The refusal of what does not fit into a share.
 *
 * @param what As in "Cannot start the transfer".
 * @param asked How much more was asked for.
 */
export function quotaExceeded(what: string, { name, limit, used, resetsAt }: Share, asked: number): GramcastError {
  const { unit, frees } = QUOTAS[name];
  const until = resetsAt === null ? null : new Date(resetsAt).toISOString();
  const found = used === 0 ? `${asked} ${unit} asked for` : `${used} ${unit} used and ${asked} more asked for`;
  const message = `Cannot ${what}: found ${found}, wanted at most ${limit} in the share "${name}"; ${frees}`;
  const details = { share: { name, limit, used, asked, unit, resetsAt: until } };
  return new GramcastError("QUOTA_EXCEEDED", message, {
    details,
    ...(name === "size" || name === "priority" ? { field: name } : {}),
  });
}
