import type { Clock } from "./clock.ts";

/** Waits so many milliseconds, or until a signal is aborted. */
export async function pause(clock: Pick<Clock, "delay">, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  using delay = clock.delay(milliseconds);
  const wake = () => delay[Symbol.dispose]();
  signal.addEventListener("abort", wake, { once: true });
  await delay.done;
  signal.removeEventListener("abort", wake);
}
