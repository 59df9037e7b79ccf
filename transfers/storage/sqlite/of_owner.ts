import type { Owner } from "../../types.ts";

/** The condition that a row is of an owner, or of any for null: for parameter 1. An index serves the one, and order of creation the other. */
export function ofOwner(owner: Owner | null): string {
  return owner === null ? "?1 IS NULL" : "owner = ?1";
}
