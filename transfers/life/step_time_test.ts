import assert from "node:assert/strict";
import fc from "fast-check";
import { StepTime } from "./step_time.ts";

const flops = fc.integer({ min: 1e8, max: 1e13 });
const seconds = fc.double({ min: 1e-4, max: 1e3, noNaN: true });

function assertNear(found: number | null, wanted: number): void {
  assert.ok(found !== null && Math.abs(found - wanted) <= 1e-6 * wanted, `${found}, wanted ${wanted}`);
}

Deno.test("StepTime knows nothing before a step, and the rate alone after steps of one size", () => {
  const time = new StepTime();
  assert.equal(time.seconds(1e9), null);
  time.observe(1e9, 9);
  time.observe(1e9, 2);
  assertNear(time.seconds(1e9), 2);
  assertNear(time.seconds(8e9), 16);
  time.forget();
  assert.equal(time.seconds(1e9), null);
});

Deno.test("StepTime tells a large step from small ones that are in part overhead", () => {
  const time = new StepTime();
  const truth = (flops: number) => 0.02 + flops / 60e9;
  for (const flops of [1e9, 4e9, 15e9]) time.observe(flops, truth(flops));
  assertNear(time.seconds(400e9), truth(400e9));
});

Deno.test("StepTime takes no large step for free because small ones were slow by chance", () => {
  const time = new StepTime();
  time.observe(1e9, 0.5);
  time.observe(4e9, 0.4);
  const large = time.seconds(400e9)!;
  assert.ok(large > 20 && large < 40, `${large}`);
});

Deno.test("StepTime finds any overhead and rate from two sizes", () => {
  const overhead = fc.double({ min: 1e-3, max: 1, noNaN: true });
  const rate = fc.double({ min: 1e9, max: 1e13, noNaN: true });
  fc.assert(fc.property(overhead, rate, (overhead, rate) => {
    const truth = (flops: number) => overhead + flops / rate;
    const time = new StepTime();
    for (const flops of [rate * overhead, 4 * rate * overhead]) time.observe(flops, truth(flops));
    assertNear(time.seconds(30 * rate * overhead), truth(30 * rate * overhead));
  }));
});

Deno.test("StepTime gives positive times that grow with the operations, whatever was observed", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(flops, seconds), { minLength: 1, maxLength: 9 }), flops, (observed, flops) => {
      const time = new StepTime();
      for (const each of observed) time.observe(...each);
      const [small, large] = [time.seconds(flops)!, time.seconds(2 * flops)!];
      assert.ok(small > 0 && large >= small && Number.isFinite(large), `${small} ${large}`);
    }),
  );
});
