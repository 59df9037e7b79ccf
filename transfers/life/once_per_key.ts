import type { KeyedTurns } from "../keyed_turns.ts";
import type { Owner } from "../types.ts";

/** How something is started that an idempotency key may stand for. */
export interface KeyedStart<Existing, Started> {
  /** What was started with the key before. */
  readonly find: (owner: Owner, key: string) => Promise<Existing | null>;
  /** What that is answered as. */
  readonly again: (existing: Existing) => Started;
  /** Null where another server on the same store was faster. */
  readonly start: () => Promise<Started | null>;
}

/**
 * What an owner's key stands for, or what is started where it stands for nothing; without a key it is started.
 *
 * @param turns Calls of one key wait for each other.
 */
export async function oncePerKey<Existing, Started>(
  turns: KeyedTurns,
  owner: Owner,
  key: string | null,
  { find, again, start }: KeyedStart<Existing, Started>,
): Promise<Started> {
  const attempt = async () => {
    // What another server was faster with may be deleted before it is found.
    for (;;) {
      const existing = key === null ? null : await find(owner, key);
      if (existing !== null) return again(existing);
      const started = await start();
      if (started !== null) return started;
    }
  };
  return key === null ? await attempt() : await turns.take(JSON.stringify([owner, key]), attempt);
}
