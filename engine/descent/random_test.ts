import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "./random.ts";

const COUNT = 200_000;

function draw(count: number, next: () => number): { mean: number; deviation: number; low: number; high: number } {
  let [sum, squares, low, high] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i < count; i++) {
    const value = next();
    sum += value;
    squares += value * value;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { mean: sum / count, deviation: Math.sqrt(squares / count - (sum / count) ** 2), low, high };
}

Deno.test("the generator's bits are xoshiro128**'s", () => {
  // From the authors' xoshiro128starstar.c with the state that splitmix32 makes of seed 1.
  const random = new Random(1);
  assert.deepEqual(Array.from({ length: 4 }, () => random.bits()), reference(1, 4));
});

Deno.test("uniform numbers fill [0, 1) evenly", () => {
  const random = new Random(7);
  const { mean, deviation, low, high } = draw(COUNT, () => random.uniform());
  assert.ok(low >= 0 && high < 1);
  assert.ok(Math.abs(mean - 0.5) < 0.003, `mean ${mean}`);
  assert.ok(Math.abs(deviation - Math.sqrt(1 / 12)) < 0.003, `deviation ${deviation}`);
});

Deno.test("truncated normal numbers have TensorFlow's mean, deviation and bounds", () => {
  const random = new Random(11);
  const { mean, deviation, low, high } = draw(COUNT, () => random.truncatedNormal());
  // 1 − 2·2·φ(2) / (2Φ(2) − 1) is the variance of a standard normal cut off at two deviations.
  const phi = Math.exp(-2) / Math.sqrt(2 * Math.PI);
  const variance = 1 - (4 * phi) / 0.9544997361036416;
  assert.ok(Math.abs(mean) < 0.01, `mean ${mean}`);
  assert.ok(Math.abs(deviation - Math.sqrt(variance)) < 0.01, `deviation ${deviation}`);
  assert.ok(low >= -2 && low < -1.99 && high <= 2 && high > 1.99, `${low} to ${high}`);
});

Deno.test("equal seeds give equal numbers, different seeds others", () => {
  const first = (seed: number) => Array.from({ length: 8 }, ((random) => () => random.bits())(new Random(seed)));
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      assert.deepEqual(first(a), first(a));
      if (a !== b) assert.notDeepEqual(first(a), first(b));
    }),
    { seed: 1, numRuns: 100 },
  );
});

/** The published generator in unsigned 64-bit integers, where no shift can go wrong. */
function reference(seed: number, count: number): number[] {
  const mask = 0xFFFFFFFFn;
  const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
  let x = BigInt(seed) & mask;
  const s = Array.from({ length: 4 }, () => {
    x = (x + 0x9E3779B9n) & mask;
    let z = ((x ^ (x >> 16n)) * 0x85EBCA6Bn) & mask;
    z = ((z ^ (z >> 13n)) * 0xC2B2AE35n) & mask;
    return z ^ (z >> 16n);
  }) as [bigint, bigint, bigint, bigint];
  return Array.from({ length: count }, () => {
    const result = (rotate((s[1] * 5n) & mask, 7n) * 9n) & mask;
    const t = (s[1] << 9n) & mask;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11n);
    return Number(result);
  });
}
