import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import type { TransferFailure } from "../types.ts";
import { StepDeadline } from "./step_deadline.ts";

function stage(flops: number) {
  const clock = new FakeClock();
  const missed: TransferFailure[] = [];
  return { clock, missed, deadline: new StepDeadline(clock, flops, (failure) => missed.push(failure)) };
}

Deno.test("StepDeadline gives the first step time by its operations, and then by the steps before", async () => {
  const { clock, missed, deadline } = stage(100e9);
  deadline.begin(null);
  await clock.advance(159_000);
  assert.deepEqual(missed, []);
  deadline.stop();
  deadline.begin(0.5);
  await clock.advance(79_000);
  assert.deepEqual(missed, []);
  await clock.advance(2000);
  assert.deepEqual(missed, [{
    code: "ENGINE_HUNG",
    message: "Cannot continue: the engine has not finished its step for 80 s",
  }]);
});

Deno.test("StepDeadline says nothing once it is stopped", async () => {
  const { clock, missed, deadline } = stage(0);
  deadline.begin(null);
  deadline.stop();
  await clock.advance(1e6);
  assert.deepEqual(missed, []);
});
