/**
 * Who asks for something, and what they may see and change. `CallerTransfers` holds every request against these rules;
 * how a caller has shown who they are is the business of `access/`.
 *
 * @module
 */
import { GramcastError } from "../errors.ts";
import type { BatchRecord, ImageRecord, Owner, TransferRecord, WebhookRecord } from "./types.ts";

/** From the least to the most. */
export const ROLES = {
  VIEWER: "Follows the transfers of its owner, or the one that was shared; changes nothing.",
  USER: "Starts transfers, and sees and changes those of its owner.",
  ADMIN: "Sees and changes the transfers of all owners.",
} as const;

export type Role = keyof typeof ROLES;

/** Whose are the things that are there for all. */
export const NOBODY: Owner = "";

export interface Caller {
  /** As people call it: the name of a key, or of whoever has signed in. */
  readonly name: string;
  /** Whose transfers it starts and sees. */
  readonly owner: Owner;
  readonly role: Role;
  /** The id of the one transfer that it was given to follow; null for all that its role may see. */
  readonly follows: string | null;
}

/** Whoever reaches a server that asks nobody who they are. */
export const LOCAL_CALLER: Caller = { name: "local", owner: "local", role: "ADMIN", follows: null };

export function maySeeTransfer(caller: Caller, { id, owner }: TransferRecord): boolean {
  return isOf(caller, owner) && (caller.follows === null || caller.follows === id);
}

/** Who follows a single transfer sees nothing of those beside it. */
export function maySeeBatch(caller: Caller, { owner }: BatchRecord): boolean {
  return caller.follows === null && isOf(caller, owner);
}

/** Whether a caller who follows no single transfer may see an image. */
export function maySeeImage(caller: Caller, { owner }: ImageRecord): boolean {
  return owner === NOBODY || isOf(caller, owner);
}

/** Viewers see none: their addresses may hold secrets of their receivers. */
export function maySeeWebhook(caller: Caller, { owner }: WebhookRecord): boolean {
  return caller.role !== "VIEWER" && isOf(caller, owner);
}

/** Whether a caller may start transfers, and change what they see. */
export function mayChange({ role }: Caller): boolean {
  return role !== "VIEWER";
}

/**
 * Holds a caller to what only users may do.
 *
 * @param what As in "Cannot start a transfer".
 * @throws {GramcastError} FORBIDDEN
 */
export function checkMayChange(caller: Caller, what: string): void {
  if (mayChange(caller)) return;
  throw new GramcastError("FORBIDDEN", `Cannot ${what}: found the role VIEWER, wanted USER or ADMIN`);
}

/** @throws {GramcastError} FORBIDDEN */
export function checkIsAdmin(caller: Caller, what: string): void {
  if (caller.role === "ADMIN") return;
  throw new GramcastError("FORBIDDEN", `Cannot ${what}: found the role ${caller.role}, wanted ADMIN`);
}

function isOf(caller: Caller, owner: Owner): boolean {
  return caller.role === "ADMIN" || owner === caller.owner;
}
