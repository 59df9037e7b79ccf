import { SystemClock } from "../../clock.ts";
import { pause as pauseBy } from "../../pause.ts";

const CLOCK = new SystemClock();

/** Waits so many milliseconds of this system, or until a signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return pauseBy(CLOCK, milliseconds, signal);
}

/** Resolves when a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
