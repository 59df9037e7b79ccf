import { type Claim, ClaimLost, type TransferStore } from "../ports.ts";
import type { MemoryClaims } from "./memory_claims.ts";

/** What the holder of a claim writes. */
const FENCED: readonly PropertyKey[] = [
  "append",
  "saveCheckpoint",
  "saveFrame",
  "removeFrames",
] satisfies (keyof TransferStore)[];

/** A store as the holder of a claim writes it. Nothing comes in between the look at the claim and the write. */
export function fencedStore(store: TransferStore, claims: MemoryClaims, claim: Claim): TransferStore {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== "function" || !FENCED.includes(name)) {
        return typeof method === "function" ? method.bind(target) : method;
      }
      return (id: string, ...args: unknown[]) => {
        if (id !== claim.id || claims.isNewest(claim)) return method.call(target, id, ...args);
        return Promise.reject(
          new ClaimLost(`Cannot write transfer ${id}: its claim ${claim.epoch} is in force no more`),
        );
      };
    },
  });
}
