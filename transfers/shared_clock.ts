import type { Clock } from "./clock.ts";

/** Times of the clock that several servers share, and intervals of this one's own. */
export function sharedClock(own: Clock, shared: Pick<Clock, "now" | "wall">): Clock {
  return {
    now: () => shared.now(),
    wall: () => shared.wall(),
    elapsed: () => own.elapsed(),
    delay: (milliseconds) => own.delay(milliseconds),
  };
}
