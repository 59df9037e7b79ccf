import assert from "node:assert/strict";
import { FakeClock } from "../transfers/testing/fake_clock.ts";
import { NO_RATES, Rates } from "./rates.ts";

const POLICY = { ...NO_RATES, requests: { limit: 10, seconds: 60 } };

Deno.test("a meter refuses what is too much, says when to come again, and bounds nothing else", () => {
  const clock = new FakeClock();
  const meter = new Rates(POLICY, clock).ofAddress("a");
  assert.equal(meter.take("requests", 10), null);
  assert.equal(meter.take("bytes", 1e9), null);
  const refusal = meter.take("requests", 1)!;
  const { name, limit, seconds, left, retrySeconds } = refusal;
  assert.deepEqual([name, limit, seconds, left], ["requests", 10, 60, 0]);
  clock.advance(1000 * retrySeconds! - 1000);
  assert.notEqual(meter.take("requests", 1), null);
  clock.advance(1000);
  assert.equal(meter.take("requests", 1), null);
  assert.equal(meter.take("requests", 11)!.retrySeconds, null);
});

Deno.test("what weighs more than there can ever be takes all that there is, when all is there", () => {
  const clock = new FakeClock();
  const meter = new Rates(POLICY, clock).ofAddress("a");
  assert.equal(meter.takeAtMost("requests", 100), null);
  assert.notEqual(meter.takeAtMost("requests", 1), null);
  clock.advance(66_000);
  meter.drain("requests", 4);
  assert.notEqual(meter.takeAtMost("requests", 100), null);
  meter.drain("requests", 100);
  assert.equal(meter.states[0]!.left, 0);
});

Deno.test("keys and addresses are counted apart, and any number of addresses pushes no key out", () => {
  const rates = new Rates(POLICY, new FakeClock());
  rates.ofKey("a").take("requests", 10);
  rates.ofAddress("a").take("requests", 10);
  for (let i = 0; i < 20_000; i++) rates.ofAddress(`other ${i}`).take("requests", 1);
  assert.equal(rates.ofKey("a").states[0]!.left, 0);
  // It is held no more.
  assert.equal(rates.ofAddress("a").states[0]!.left, 10);
});

Deno.test("credentials that have let somebody in are known until they do so no more", () => {
  const rates = new Rates(POLICY, new FakeClock());
  assert.equal(rates.knows("Bearer a"), false);
  rates.remember("Bearer a");
  assert.deepEqual([rates.knows("Bearer a"), rates.knows("Bearer b")], [true, false]);
  rates.forget("Bearer a");
  assert.equal(rates.knows("Bearer a"), false);
});

Deno.test("a key that is spelled in many ways is known once, and pushes no other out", () => {
  const rates = new Rates(POLICY, new FakeClock());
  rates.remember("Bearer first");
  for (let spaces = 1; spaces <= 10_001; spaces++) rates.remember(`bearer${" ".repeat(spaces)}second`);
  assert.ok(rates.knows("Bearer first"));
  assert.ok(rates.knows("BEARER second"));
});
