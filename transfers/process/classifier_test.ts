import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { falseChild, realSupervisor, Recorder, smallJob } from "./testing/supervisor_stage.ts";

const PICTURE = new Uint8Array(3 * 224 * 224);
/** One that has been idle for so long ends. */
const IDLE_MILLISECONDS = 30_000;

/** Supervisor whose classifying processes answer with their pid in place of probabilities. */
function stage(mischief = "answers with its pid") {
  const clock = new FakeClock();
  return { clock, engine: realSupervisor({ clock, launchClassifier: falseChild(mischief).launch }) };
}

Deno.test("pictures are classified in a process of their own, which ends when it has had nothing to do for long", async () => {
  const { clock, engine } = stage();
  const [first, second] = await Promise.all([engine.classify(PICTURE), engine.classify(PICTURE)]);
  assert.deepEqual(first, second);
  assert.equal(engine.pid, null, "no engine was started for it");
  clock.advance(IDLE_MILLISECONDS - 1);
  assert.deepEqual(await engine.classify(PICTURE), first);
  clock.advance(IDLE_MILLISECONDS - 1);
  assert.deepEqual(await engine.classify(PICTURE), first);
  clock.advance(IDLE_MILLISECONDS);
  assert.notDeepEqual(await engine.classify(PICTURE), first);
  await engine.close();
  await assert.rejects(engine.classify(PICTURE), { code: "ENGINE_UNAVAILABLE" });
  assert.equal(clock.waiting, 0);
});

Deno.test("a process that takes too much to classify is ended, and no transfer with it", async () => {
  const engine = realSupervisor({ launchClassifier: falseChild("takes memory").launch });
  await engine.info();
  const { pid } = engine;
  const recorder = new Recorder();
  const run = engine.run(await smallJob({ scales: [{ size: 32, steps: 10_000 }] }), recorder);
  const message = /took 1048576 MiB, wanted at most 2048 MiB/;
  for (const _ of [1, 2]) {
    await assert.rejects(engine.classify(PICTURE), { code: "ENGINE_OUT_OF_MEMORY", message });
  }
  run.stop();
  assert.equal((await run.outcome).kind, "stopped");
  assert.equal(engine.pid, pid);
  await engine.close();
});

Deno.test("weights that the classifying process cannot read are told of", async () => {
  const { engine } = stage("refuses");
  await assert.rejects(engine.classify(PICTURE), { code: "WEIGHTS_UNREADABLE" });
  await engine.close();
});
