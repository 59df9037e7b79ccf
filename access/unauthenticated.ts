import { GramcastError } from "../errors.ts";

/** The refusal of who has not shown, or not rightly, who they are. @param found As in "found a key that has expired". */
export function unauthenticated(found: string): GramcastError {
  return new GramcastError("UNAUTHENTICATED", `Cannot tell who is asking: found ${found}, wanted a valid key or token`);
}
