import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SHIPPED_WEIGHTS } from "../../weights/shipped.ts";
import { attemptEngine, type Trial } from "./attempt.ts";
import { chooseEngine } from "./choose.ts";
import { type EngineName, LAST_ENGINE } from "./engines.ts";
import { isInstalled } from "./tensorflow/runtime.ts";

const FALSE_PROGRAM = fileURLToPath(new URL("./testing/false_attempt.ts", import.meta.url));

/** A trial whose process does as its weights say. */
function misbehave(mischief: string, milliseconds = 60_000): Promise<Trial> {
  return attemptEngine("tensorflow", { weights: mischief, program: FALSE_PROGRAM, milliseconds });
}

Deno.test("a trial gives the seconds of a step and the device, whatever a library prints before them", async () => {
  assert.deepEqual(await misbehave("talks"), { seconds: 0.5, device: "cuda" });
});

Deno.test("a trial whose process crashes, says nothing, babbles or hangs fails in a few words", async () => {
  await assert.rejects(misbehave("crashes"), { message: "its process ended with SIGSEGV" });
  await assert.rejects(misbehave("ends"), { message: "its process ended with exit code 3" });
  await assert.rejects(misbehave("babbles"), { message: "its process ended with exit code 0" });
  await assert.rejects(misbehave("refuses"), { message: "no GPU found" });
  await assert.rejects(misbehave("hangs", 1), { message: "hangs" });
  const signal = AbortSignal.abort();
  await assert.rejects(attemptEngine("tensorflow", { weights: "hangs", program: FALSE_PROGRAM, signal }), {
    message: "given up",
  });
});

Deno.test("a broken installation leaves auto with a working engine", async () => {
  for (const mischief of ["crashes", "ends", "babbles"]) {
    const lines: string[] = [];
    const engine = await chooseEngine("auto", {
      attempt: () => misbehave(mischief),
      absence: () => null,
      log: (line) => lines.push(line),
    });
    assert.equal(engine, LAST_ENGINE);
    assert.equal(lines.length, 2);
  }
  const { seconds, device } = await attemptEngine(LAST_ENGINE, { weights: SHIPPED_WEIGHTS });
  assert.ok(seconds > 0, "it takes steps");
  assert.equal(device, "cpu");
});

Deno.test("a real trial on this machine ends with seconds or a reason, never with a crash", async () => {
  const weights = SHIPPED_WEIGHTS;
  for (const engine of ["tensorflow", "webgpu"] satisfies EngineName[]) {
    const answer = await attemptEngine(engine, { weights }).catch((error: Error) => error.message);
    const refusal = engine === "tensorflow"
      ? /^(not installed|TensorFlow sees no CUDA device)$/
      : /^no GPU found(, only a driver .+)?$/;
    if (typeof answer === "string") assert.match(answer, refusal);
    else assert.ok(answer.seconds > 0);
    if (engine === "tensorflow" && !isInstalled()) assert.equal(answer, "not installed");
  }
});
