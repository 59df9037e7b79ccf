import assert from "node:assert/strict";
import { chooseEngine, type ChooseOptions } from "./choose.ts";
import type { EngineName } from "./engines.ts";

/** Chooses on a machine where engines take so many seconds a step, or fail as they say; gives what was tried, too. */
async function choose(
  machine: Partial<Record<EngineName, number | string>>,
  options: Partial<ChooseOptions> = {},
): Promise<{ engine: string; tried: string[]; lines: string[] }> {
  const [tried, lines]: [string[], string[]] = [[], []];
  const engine = await chooseEngine("auto", {
    attempt: (name) => {
      tried.push(name);
      const result = machine[name] ?? "does not start";
      const trial = (seconds: number) => Promise.resolve({ seconds, device: `the device of ${name}` });
      return typeof result === "number" ? trial(result) : Promise.reject(new Error(result));
    },
    log: (line) => lines.push(line),
    absence: () => null,
    ...options,
  });
  return { engine, tried, lines };
}

Deno.test("auto takes the fastest of CUDA, WebGPU and the CPU, and says what each takes", async () => {
  for (
    const [tensorflow, webgpu, wanted] of [
      [0.02, 0.1, "tensorflow"],
      [0.02, 0.01, "webgpu"],
      [0.9, 0.8, "onnx:cpu"],
    ] as const
  ) {
    const { engine, tried, lines } = await choose({ tensorflow, webgpu, "onnx:cpu": 0.4 });
    assert.equal(engine, wanted);
    assert.deepEqual(tried, ["tensorflow", "webgpu", "onnx:cpu"]);
    assert.equal(lines.length, 3);
    assert.equal(lines[2], "Engine onnx:cpu: 400 ms a step at 256×256 on the device of onnx:cpu");
  }
});

Deno.test("auto compares what works of CUDA and WebGPU with the CPU where the other does not", async () => {
  const none = "TensorFlow sees no CUDA device";
  for (
    const [tensorflow, webgpu, wanted] of [
      [none, 0.1, "webgpu"],
      [none, 0.9, "onnx:cpu"],
      [0.1, "its process ended with SIGSEGV", "tensorflow"],
      [0.1, "wrong results (gradient 0.45 off)", "tensorflow"],
      [0.1, "Cannot compute: the GPU was lost (reset)", "tensorflow"],
    ] as const
  ) {
    const { engine, tried } = await choose({ tensorflow, webgpu, "onnx:cpu": 0.4 });
    assert.equal(engine, wanted);
    assert.deepEqual(tried, ["tensorflow", "webgpu", "onnx:cpu"]);
  }
});

Deno.test("auto takes the CPU where nothing else works, and says of each why not", async () => {
  const machine = {
    "tensorflow": "its process ended with SIGSEGV",
    "webgpu": "wrong results (gradient 0.45 off)",
  };
  assert.deepEqual(await choose(machine), {
    engine: "onnx:cpu",
    tried: ["tensorflow", "webgpu"],
    lines: [
      "Engine tensorflow: its process ended with SIGSEGV",
      "Engine webgpu: wrong results (gradient 0.45 off)",
    ],
  });
});

Deno.test("auto tries nothing where nothing can be there", async () => {
  const { engine, tried, lines } = await choose({ "onnx:cpu": 0.4 }, { absence: () => "not there" });
  assert.deepEqual([engine, tried], ["onnx:cpu", []]);
  assert.deepEqual(lines, ["Engine tensorflow: not there", "Engine webgpu: not there"]);
});

Deno.test("auto leaves out what it is told to, but for the last", async () => {
  const machine = { "tensorflow": 0.02, "webgpu": 0.1, "onnx:cpu": 0.4 };
  const { engine, tried, lines } = await choose(machine, { without: ["tensorflow", "webgpu", "onnx:cpu"] });
  assert.deepEqual([engine, tried], ["onnx:cpu", []]);
  assert.equal(lines[0], "Engine tensorflow: left out: it was lost again and again");
});

Deno.test("an engine that was asked for by its name is taken without a trial, however often it was lost", async () => {
  const fail = () => Promise.reject(new Error("must not be tried"));
  const options = { attempt: fail, log: () => assert.fail(), without: ["tensorflow"] };
  assert.equal(await chooseEngine("tensorflow", options), "tensorflow");
});
