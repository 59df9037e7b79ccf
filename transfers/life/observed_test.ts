import assert from "node:assert/strict";
import { observeAll } from "../observer.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { ServiceStage } from "../testing/service_stage.ts";

/** Writes down what an observer hears. */
function recording() {
  const heard: unknown[][] = [];
  const observer = observeAll([{
    queued(_id, before) {
      heard.push(["queued", before]);
      return `trace ${heard.length}`;
    },
    refused: () => void heard.push(["refused"]),
    began: (_record, waited) => void heard.push(["began", waited]),
    attempted: (_record, from) => void heard.push(["attempted", from]),
    stepped: (_record, { step }) => void heard.push(["stepped", step]),
    left: (_record, end) => void heard.push(["left", end]),
    ended: ({ status }) => void heard.push(["ended", status]),
    suspended: ({ step }) => void heard.push(["suspended", step]),
  }, {}]);
  return { heard, observer };
}

Deno.test("an observer hears of a transfer from the queue to its end, and its trace is kept with it", async () => {
  const { heard, observer } = recording();
  const clock = new FakeClock();
  await using stage = await ServiceStage.open({ observer, clock });
  stage.engine.hold();
  const first = await stage.start({ steps: 2, frameEvery: 2 });
  await stage.engine.blocked();
  const second = await stage.start({ steps: 1 });
  clock.advance(3000);
  stage.engine.allow(Infinity);
  await stage.ended(first.id);
  const { traceparent } = await stage.ended(second.id);
  assert.equal(traceparent, "trace 4");
  assert.deepEqual(heard, [
    ["queued", null],
    ["began", 0],
    ["attempted", 0],
    ["queued", null],
    ["stepped", 1],
    ["stepped", 2],
    ["left", "finished"],
    ["ended", "SUCCEEDED"],
    ["began", 3],
    ["attempted", 0],
    ["stepped", 1],
    ["left", "finished"],
    ["ended", "SUCCEEDED"],
  ]);
  heard.length = 0;
  await stage.transfers.resume(second.id, 2);
  await stage.ended(second.id);
  assert.deepEqual(heard[0], ["queued", "trace 4"]);
  assert.equal((await stage.transfers.get(second.id))!.traceparent, "trace 1");
});

Deno.test("an observer hears that a transfer got no place, was cancelled in the queue, or goes on later", async () => {
  const { heard, observer } = recording();
  const stage = await ServiceStage.open({ observer }, { maxQueued: 1 });
  stage.engine.hold();
  const running = await stage.start();
  await stage.engine.blocked();
  const waiting = await stage.start();
  await assert.rejects(stage.start());
  await stage.transfers.cancel(waiting.id);
  assert.deepEqual(heard, [
    ["queued", null],
    ["began", 0],
    ["attempted", 0],
    ["queued", null],
    ["queued", null],
    ["refused"],
    ["ended", "CANCELLED"],
  ]);
  heard.length = 0;
  const drained = stage.service.drain();
  stage.engine.allow(Infinity);
  await drained;
  assert.deepEqual(heard.at(-1), ["suspended", (await stage.transfers.get(running.id))!.step]);
});
