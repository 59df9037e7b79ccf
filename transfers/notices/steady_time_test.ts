import assert from "node:assert/strict";
import type { Clock } from "../clock.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { SteadyTime } from "./steady_time.ts";

/** A clock whose time of day a test sets, as `SystemClock` has it: it stands still where that goes back. */
function clockOf(): { clock: Clock; day: number; elapsed: number } {
  let latest = 0;
  const of = {
    day: 1000,
    elapsed: 0,
    clock: Object.assign(new FakeClock(), {
      now: () => latest = Math.max(latest, of.day),
      elapsed: () => of.elapsed,
    }),
  };
  return of;
}

Deno.test("SteadyTime goes with the clock, and goes on when that is set back", () => {
  const of = clockOf();
  const time = new SteadyTime(of.clock, 0);
  assert.equal(time.now(), 1000);
  Object.assign(of, { day: 1500, elapsed: 500 });
  assert.equal(time.now(), 1500);
  Object.assign(of, { day: 200, elapsed: 700 });
  assert.equal(time.now(), 1700);
  Object.assign(of, { day: 9000, elapsed: 800 });
  assert.equal(time.now(), 9000);
  Object.assign(of, { day: 400, elapsed: 900 });
  assert.equal(time.now(), 9100);
});

Deno.test("SteadyTime begins no earlier than it was before a restart", () => {
  const of = clockOf();
  const time = new SteadyTime(of.clock, 5000);
  assert.equal(time.now(), 5000);
  of.elapsed = 10;
  assert.equal(time.now(), 5010);
});
