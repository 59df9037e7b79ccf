const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Milliseconds before each attempt, counted from the one before it. */
export const DELAYS: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** How far a delay may be off, as a share of it, so that what failed together does not come back together. */
export const JITTER = 0.1;
/** No receiver puts us off for longer than this, in milliseconds. */
export const LONGEST_HOLD = 24 * HOUR;

/**
 * Milliseconds before the next attempt; null when there is none.
 *
 * @param tries Attempts that have failed, 1 or more.
 * @param random Of 0 to 1.
 */
export function retryDelay(tries: number, random: number): number | null {
  const delay = DELAYS[tries];
  return delay === undefined ? null : Math.round(delay * (1 + JITTER * (2 * random - 1)));
}

/**
 * Milliseconds that a `Retry-After` header asks for, at most `LONGEST_HOLD`; null where it does not say. It may be a number
 * of seconds or a date.
 *
 * @param now In milliseconds since the epoch.
 */
export function holdOf(retryAfter: string | undefined, now: number): number | null {
  const text = retryAfter?.trim() ?? "";
  const hold = /^\d+$/.test(text) ? Number(text) * SECOND : Date.parse(text) - now;
  return hold > 0 ? Math.min(hold, LONGEST_HOLD) : null;
}
