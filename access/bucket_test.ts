import assert from "node:assert/strict";
import fc from "fast-check";
import { Bucket } from "./bucket.ts";

Deno.test("in no window does a bucket let more through than its limit, and it says when it will let something through", () => {
  const visits = fc.array(fc.record({ after: fc.nat(7000), amount: fc.nat(12) }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(visits, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (visits, limit, seconds) => {
      const bucket = new Bucket({ limit, seconds });
      const through: { at: number; amount: number }[] = [];
      let now = 12_345;
      for (const { after, amount } of visits) {
        now += after;
        const left = bucket.left(now);
        const wait = bucket.take(amount, now);
        assert.equal(wait === 0, amount <= left);
        if (amount > limit) assert.equal(wait, Infinity);
        else if (wait > 0) {
          assert.ok(wait <= 1100 * seconds);
          now += wait;
          assert.equal(bucket.take(amount, now), 0);
        }
        if (amount <= limit) through.push({ at: now, amount });
        assert.ok(bucket.size <= 11);
      }
      for (const { at } of through) {
        const within = through.filter((other) => other.at >= at && other.at < at + 1000 * seconds);
        assert.ok(within.reduce((sum, { amount }) => sum + amount, 0) <= limit);
      }
    }),
  );
});

Deno.test("all of a bucket is there again when its window is over", () => {
  const bucket = new Bucket({ limit: 5, seconds: 10 });
  assert.deepEqual([bucket.nextMs(0), bucket.take(5, 0), bucket.left(0)], [0, 0, 0]);
  assert.equal(bucket.take(1, 10_999), 1);
  assert.equal(bucket.nextMs(10_000), 1000);
  assert.deepEqual([bucket.left(11_000), bucket.size], [5, 0]);
});
