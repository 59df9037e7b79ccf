import assert from "node:assert/strict";
import { fromFine } from "../../engine/picture.ts";
import { encodePicture } from "../../images/encode.ts";
import { SystemClock } from "../clock.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { launchEngine } from "./launch.ts";
import { falseChild, noise, realSupervisor, Recorder, smallJob } from "./testing/supervisor_stage.ts";

/** Steps that nothing here waits for: however late a command is heard, some are left. */
const MANY = 10_000;

Deno.test("Supervisor", async (t) => {
  const engine = realSupervisor();
  let undisturbed: Recorder;

  await t.step("says what the process computes with", async () => {
    const { engine: info, weightsSha256 } = await engine.info();
    assert.equal(`${info.backend} ${info.device} ${info.precision}`, "onnx cpu float32");
    assert.match(weightsSha256, /^[0-9a-f]{64}$/);
  });

  await t.step("reports each step, due frames, and a checkpoint of the last step", async () => {
    undisturbed = new Recorder();
    const outcome = await engine.run(await smallJob({ steps: 12, frameEvery: 5 }), undisturbed).outcome;
    assert.equal(outcome.kind, "finished");
    assert.deepEqual(undisturbed.steps.map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert.deepEqual(undisturbed.steps.filter(({ frame }) => frame).map(({ step }) => step), [5, 10, 12]);
    const { step, picture } = undisturbed.checkpoints.at(-1)!;
    assert.equal(step, 12);
    const { rgb16, ...shown } = picture;
    assert.deepEqual(shown, undisturbed.steps.at(-1)!.frame);
    assert.deepEqual(fromFine(rgb16!), picture.rgb, "the last in 16 bits, too");
    assert.ok(new Set(rgb16).size > 256, `${new Set(rgb16).size} levels`);
    assert.equal(picture.width, 32);
  });

  await t.step("stops before the next step and goes on from the checkpoint to the same bytes", async () => {
    const first = new Recorder();
    const run = engine.run(await smallJob({ scales: [{ size: 32, steps: MANY }] }), first);
    first.onStep = ({ step }) => step === 4 ? run.stop() : undefined;
    assert.equal((await run.outcome).kind, "stopped");
    const { step, bytes } = first.checkpoints.at(-1)!;
    assert.ok(step >= 4 && step < MANY, `stopped after ${step}`);
    const scales = [{ size: 32, steps: step + 3 }];
    const second = new Recorder();
    await engine.run(await smallJob({ scales }, bytes), second).outcome;
    assert.equal(second.steps[0]!.step, step + 1);
    const whole = new Recorder();
    await engine.run(await smallJob({ scales }), whole).outcome;
    assert.deepEqual(second.checkpoints.at(-1)!.picture, whole.checkpoints.at(-1)!.picture);
  });

  await t.step("begins a frame with what was painted of the one before", async () => {
    const [width, height] = [32, 26];
    const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => [200, 90, 30][i % 3]!);
    const result = await encodePicture({ width, height, rgb }, { format: "PNG" });
    const job = await smallJob({ scales: [{ size: 32, steps: 2 }], temporalWeight: 1e6 });
    const recorder = new Recorder();
    await engine.run({ ...job, before: { content: job.content, result } }, recorder).outcome;
    assert.deepEqual(recorder.steps.map(({ step }) => step), [1, 2]);
    const difference = recorder.checkpoints.at(-1)!.picture.rgb.map((value, i) => Math.abs(value - rgb[i]!));
    assert.ok(Math.max(...difference) <= 3, `${Math.max(...difference)} away from the frame before`);
  });

  await t.step("changes weights as soon as it is told, and says from which step", async () => {
    const recorder = new Recorder();
    // Adam moves the picture at every step, whatever the weights.
    const optimizer = { kind: "ADAM" } as const;
    const run = engine.run(await smallJob({ optimizer, scales: [{ size: 32, steps: MANY }] }), recorder);
    const tuning = { afterStep: 0, contentWeight: 9, styleWeight: 1, tvWeight: 0, learningRate: 1, number: 3 };
    recorder.onStep = ({ step }) => {
      if (step === 2) run.retune(tuning);
      else if (step >= (recorder.tunings[0]?.afterStep ?? MANY) + 5) run.stop();
    };
    await run.outcome;
    assert.equal(recorder.tunings.length, 1);
    const { afterStep, contentWeight, number } = recorder.tunings[0]!;
    assert.ok(afterStep >= 2);
    assert.deepEqual([contentWeight, number], [9, 3]);
    const { step, picture: { rgb } } = recorder.checkpoints.at(-1)!;
    const job = await smallJob({ optimizer, scales: [{ size: 32, steps: step }] });
    const pictures = [];
    for (const tunings of [recorder.tunings, []]) {
      const same = new Recorder();
      await engine.run({ ...job, tunings }, same).outcome;
      pictures.push(same.checkpoints.at(-1)!.picture.rgb);
    }
    assert.deepEqual(pictures[0], rgb);
    assert.notDeepEqual(pictures[1], rgb);
  });

  await t.step("fails for a checkpoint that cannot be read, and stays up", async () => {
    const { pid } = engine;
    const outcome = await engine.run(await smallJob({}, new Uint8Array(100)), new Recorder()).outcome;
    assert.equal(outcome.kind === "failed" && outcome.failure.code, "CHECKPOINT_UNREADABLE");
    assert.equal(engine.pid, pid);
  });

  await t.step("sends each command whole, though others come while a job of some megabytes is on its way", async () => {
    const { pid } = engine;
    const job = await smallJob({ optimizer: { kind: "ADAM" }, scales: [{ size: 32, steps: MANY }] });
    const content = await noise(1500);
    assert.ok(content.length > 2 ** 21, `${content.length} bytes`);
    const recorder = new Recorder();
    const run = engine.run(
      { ...job, content, styles: [{ picture: content, weight: 1, scale: 1, mask: null, region: null }] },
      recorder,
    );
    const tuning = { afterStep: 0, contentWeight: 9, styleWeight: 1, tvWeight: 0, learningRate: 1 };
    run.retune(tuning);
    recorder.onStep = ({ step }) => step === 3 ? run.stop() : undefined;
    assert.equal((await run.outcome).kind, "stopped");
    assert.deepEqual(recorder.tunings.map(({ contentWeight }) => contentWeight), [9]);
    assert.equal(engine.pid, pid);
  });

  await t.step("fails a run that cannot be sent, and stays up for the next", async () => {
    const { pid } = engine;
    const job = await smallJob({ steps: 2 });
    const options = { ...job.options, seed: 1n as unknown as number };
    const outcome = await engine.run({ ...job, options }, new Recorder()).outcome;
    assert.equal(outcome.kind === "failed" && outcome.failure.code, "INTERNAL");
    assert.equal((await engine.run(job, new Recorder()).outcome).kind, "finished");
    assert.equal(engine.pid, pid);
  });

  await t.step("loses a run with its process, and starts another", async () => {
    const recorder = new Recorder();
    const { pid } = engine;
    recorder.onStep = ({ step }) => step === 3 ? Deno.kill(pid!, "SIGKILL") : undefined;
    const outcome = await engine.run(await smallJob({ scales: [{ size: 32, steps: MANY }] }), recorder).outcome;
    assert.deepEqual(outcome, {
      kind: "lost",
      failure: { code: "ENGINE_CRASHED", message: "Cannot continue: the engine process ended with SIGKILL" },
    });
    await engine.info();
    assert.notEqual(engine.pid, pid);
    const again = new Recorder();
    assert.equal((await engine.run(await smallJob({ steps: 12, frameEvery: 5 }), again).outcome).kind, "finished");
    assert.deepEqual(again.checkpoints.at(-1)!.picture, undisturbed.checkpoints.at(-1)!.picture);
  });

  await t.step("rejects with what the sink throws", async () => {
    const recorder = new Recorder();
    recorder.onStep = () => Promise.reject(new Error("full"));
    await assert.rejects(engine.run(await smallJob({}), recorder).outcome, { message: "full" });
  });

  await t.step("loses a run when it is closed, and starts nothing more", async () => {
    await engine.info();
    const run = engine.run(await smallJob({ steps: 1000 }), new Recorder());
    await engine.close();
    assert.equal((await run.outcome).kind, "lost");
    await assert.rejects(engine.info(), { code: "ENGINE_UNAVAILABLE" });
  });
});

/** Stands still until the test moves it; its delays are real. */
class HeldClock extends SystemClock {
  time = 0;

  override elapsed(): number {
    return this.time;
  }
}

const MISCHIEFS = [
  { mischief: "takes memory", code: "ENGINE_OUT_OF_MEMORY", message: /took 1048576 MiB, wanted at most 8192 MiB/ },
  { mischief: "is silent", code: "ENGINE_HUNG", message: /did not respond/ },
  { mischief: "babbles", code: "ENGINE_CRASHED", message: /sent an unexpected message/ },
  { mischief: "cuts a report off", code: "ENGINE_CRASHED", message: /exit code 0/ },
  { mischief: "gives up", code: "ENGINE_OUT_OF_MEMORY", message: /no memory/ },
] as const;

Deno.test("a process that misbehaves is ended, and says for what", async (t) => {
  for (const { mischief, code, message } of MISCHIEFS) {
    await t.step(mischief, async () => {
      const clock = new HeldClock();
      const silenceMilliseconds = 100;
      const engine = realSupervisor({ ...falseChild(mischief), silenceMilliseconds, clock });
      try {
        await engine.info();
        const run = engine.run(await smallJob({}), new Recorder());
        if (mischief === "is silent") clock.time += silenceMilliseconds;
        const outcome = await run.outcome;
        assert.ok(outcome.kind === "lost");
        assert.equal(outcome.failure.code, code);
        assert.match(outcome.failure.message, message);
        assert.equal(engine.pid, null);
      } finally {
        await engine.close();
      }
    });
  }
});

Deno.test("an engine that is lost twice without a step makes room for the next best, until the transfer is over", async () => {
  const left: string[][] = [];
  const engine = realSupervisor({
    launch: (weights, without) => {
      left.push([...without]);
      return without.length > 0 ? launchEngine("onnx:cpu", weights, 5) : falseChild("gives up").launch();
    },
  });
  const job = await smallJob({ preset: "CLASSIC", steps: 2 });
  try {
    for (const kind of ["lost", "lost", "finished"]) {
      await engine.info();
      assert.equal((await engine.run(job, new Recorder()).outcome).kind, kind);
    }
    assert.deepEqual(left, [[], [], ["false:none"]]);
    await engine.info();
    assert.deepEqual(left.at(-1), []);
  } finally {
    await engine.close();
  }
});

Deno.test("an engine that does not start makes room for the next best where another may take its place", async () => {
  const left: string[][] = [];
  const engine = realSupervisor({
    launch: (weights, without) => {
      left.push([...without]);
      if (without.length > 0) return launchEngine("onnx:cpu", weights, 5);
      return Promise.resolve({ ...falseChild("refuses").launch(), replaceable: "tensorflow" });
    },
  });
  try {
    assert.equal((await engine.info()).engine.backend, "onnx");
    assert.deepEqual(left, [[], ["tensorflow"]]);
  } finally {
    await engine.close();
  }
});

Deno.test("closing gives up the choice of an engine", async () => {
  const { promise: choosing, resolve } = Promise.withResolvers<void>();
  const engine = realSupervisor({
    launch: (weights, _without, signal) => {
      resolve();
      return new Promise((launch) => {
        signal.addEventListener("abort", () => launch(launchEngine("onnx:cpu", weights, 5)));
      });
    },
  });
  const opening = assert.rejects(engine.info(), { code: "ENGINE_UNAVAILABLE" });
  await choosing;
  await engine.close();
  await opening;
  assert.equal(engine.pid, null);
});

Deno.test("a process that lives but does not finish its step is ended as hung", async () => {
  const clock = new FakeClock();
  const engine = realSupervisor({ ...falseChild("idles"), clock });
  await engine.info();
  const run = engine.run(await smallJob({}), new Recorder());
  clock.advance(3_600_000);
  const outcome = await run.outcome;
  assert.ok(outcome.kind === "lost");
  assert.equal(outcome.failure.code, "ENGINE_HUNG");
  assert.match(outcome.failure.message, /has not finished its step/);
  await engine.close();
});

Deno.test("a run that does not stop is ended after ten seconds, and that is no loss of the engine", async () => {
  const clock = new FakeClock();
  const engine = realSupervisor({ ...falseChild("hangs"), clock });
  await engine.info();
  const { pid } = engine;
  const run = engine.run(await smallJob({ steps: 3 }), new Recorder());
  run.stop();
  clock.advance(10_000);
  assert.equal((await run.outcome).kind, "lost");
  // No pause before the next start.
  await engine.info();
  assert.notEqual(engine.pid, pid);
  await engine.close();
});

Deno.test("closing does not wait for the pause before another start", async () => {
  const clock = new FakeClock();
  const engine = realSupervisor({ ...falseChild("dies at the start"), clock });
  const opening = assert.rejects(engine.info(), { code: "ENGINE_UNAVAILABLE" });
  while (!clock.asked.includes(100)) await new Promise((resolve) => setTimeout(resolve));
  await engine.close();
  await opening;
});

Deno.test("a process that cannot start is an error that says why", async (t) => {
  await t.step("it refuses", async () => {
    const engine = realSupervisor(falseChild("refuses"));
    await assert.rejects(engine.info(), { code: "WEIGHTS_UNREADABLE", message: "Cannot read it" });
    await engine.close();
  });
  await t.step("it dies, three times", async () => {
    let starts = 0;
    const { launch } = falseChild("dies at the start");
    const engine = realSupervisor({ launch: () => (starts++, launch()) });
    await assert.rejects(engine.info(), { code: "ENGINE_CRASHED", message: /exit code 3/ });
    await engine.close();
    assert.equal(starts, 3);
  });
});
