/** How long it may take at most until a loss is known, in seconds. */
const LATEST = 0.1;
/** Steps at most: those of the smallest pictures take next to nothing. */
const MOST = 64;

/**
 * How many steps may be taken before it is looked at what they gave: as many as pass within a tenth of a second, so that who
 * watches or stops them hardly waits.
 *
 * @param seconds What a step has taken lately; null where none was taken.
 */
export function stepsTogether(seconds: number | null): number {
  if (seconds === null) return 1;
  return Math.min(MOST, Math.max(1, Math.floor(LATEST / seconds)));
}
