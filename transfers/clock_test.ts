import assert from "node:assert/strict";
import { SystemClock } from "./clock.ts";

Deno.test("SystemClock.now() never goes back, also when the system's clock is set back", () => {
  const real = Date.now;
  try {
    const clock = new SystemClock();
    Date.now = () => 5000;
    assert.equal(clock.now(), 5000);
    Date.now = () => 1000;
    assert.equal(clock.now(), 5000);
    Date.now = () => 6000;
    assert.equal(clock.now(), 6000);
  } finally {
    Date.now = real;
  }
});

Deno.test("SystemClock.delay() ends at once when it is disposed of", async () => {
  const delay = new SystemClock().delay(1e12);
  delay[Symbol.dispose]();
  await delay.done;
});
