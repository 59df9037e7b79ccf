import type { Claim, TransferStore } from "../storage/ports.ts";

/** A store as the server of one life has it: after its death nothing comes of what it still calls. */
export interface MortalStore {
  readonly store: TransferStore;
  /** Resolves when it is dead. */
  readonly dead: Promise<void>;
  /** So many more changes of records, checkpoints and frames are written. */
  dieAfter(writes: number): void;
}

const WRITES: readonly PropertyKey[] = ["append", "saveCheckpoint", "saveFrame"] satisfies (keyof TransferStore)[];

/** Stands before a store that outlives it, for another life to take over. */
export function mortalStore(immortal: TransferStore): MortalStore {
  const { promise: dead, resolve: die } = Promise.withResolvers<void>();
  let [left, alive] = [Infinity, true];
  const mortal = (immortal: TransferStore): TransferStore =>
    new Proxy(immortal, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name, target);
        if (typeof method !== "function") return method;
        if (name === "under") return (claim: Claim) => mortal(target.under(claim));
        return (...args: unknown[]) => {
          if (WRITES.includes(name) && --left < 0) alive = false;
          if (alive) return method.apply(target, args);
          die();
          return new Promise(() => {});
        };
      },
    });
  return { store: mortal(immortal), dead, dieAfter: (writes) => void (left = writes) };
}
