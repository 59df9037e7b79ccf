import assert from "node:assert/strict";
import fc from "fast-check";
import { workDone } from "./work_done.ts";

const scale = (size: number, steps: number) => ({ size, width: size, height: size, steps });

Deno.test("workDone() counts pixels, not steps", () => {
  const options = { scales: [scale(32, 100), scale(64, 25), scale(128, 50)] };
  assert.equal(workDone(options, 0), 0);
  assert.equal(workDone(options, 50), 50 / 1000);
  assert.equal(workDone(options, 100), 100 / 1000);
  assert.equal(workDone(options, 125), 200 / 1000);
  assert.equal(workDone(options, 150), 600 / 1000);
  assert.equal(workDone(options, 175), 1);
});

Deno.test("workDone() grows with every step, from 0 to exactly 1", () => {
  const scales = fc.array(fc.tuple(fc.integer({ min: 32, max: 4096 }), fc.integer({ min: 1, max: 30 })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(fc.property(scales, (given) => {
    const options = { scales: given.map(([size, steps]) => scale(size, steps)) };
    const steps = given.reduce((sum, [, each]) => sum + each, 0);
    const shares = Array.from({ length: steps + 1 }, (_, step) => workDone(options, step));
    assert.equal(shares[0], 0);
    assert.equal(shares.at(-1), 1);
    assert.ok(shares.every((share, i) => i === 0 || share > shares[i - 1]!));
  }));
});
