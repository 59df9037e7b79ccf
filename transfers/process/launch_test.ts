import assert from "node:assert/strict";
import { ENGINE_NAMES } from "../../engine/backends/engines.ts";
import { launchEngine, type LaunchOptions } from "./launch.ts";

function permissions(engine: string): string[] {
  return launchEngine(engine, "/weights/b.npz", 5).args.filter((arg) => arg.startsWith("--allow-"));
}

Deno.test("an engine may call libraries, read the program and its weights, and nothing else", () => {
  for (const engine of ENGINE_NAMES) {
    const granted = permissions(engine);
    assert.deepEqual(granted.map((flag) => flag.split("=")[0]), [
      "--allow-ffi",
      "--allow-read",
      "--allow-env",
      "--allow-sys",
    ]);
    assert.ok(granted.every((flag) => flag === "--allow-ffi" || flag.includes("=")), `${granted} has a limit each`);
    assert.match(granted[1]!, /,\/weights\/b\.npz$/);
  }
});

Deno.test("weights with a comma in their path, which Deno's flags cannot name, can be read all the same", () => {
  const { args } = launchEngine("onnx:cpu", "/home/a,b/c,d.npz", 5);
  assert.match(args.find((arg) => arg.startsWith("--allow-read"))!, /,\/home$/);
});

Deno.test("an engine process is shown the one GPU that is meant for it", () => {
  assert.deepEqual(launchEngine("tensorflow", "w.npz", 5, { gpu: 1 }).env, { CUDA_VISIBLE_DEVICES: "1" });
  assert.equal(launchEngine("tensorflow", "w.npz", 5).env, undefined);
});

Deno.test("an engine process is told what memory it may take and what precision is allowed", () => {
  const told = (options: LaunchOptions) => launchEngine("onnx:cpu", "w.npz", 5, options).args.slice(-5);
  const given = { memoryBytes: 2 ** 30, precision: "float16" } as const;
  assert.deepEqual(told(given), ["onnx:cpu", "w.npz", "5", "1073741824", "float16"]);
  assert.deepEqual(told({}), ["onnx:cpu", "w.npz", "5", "Infinity", "tf32"]);
  assert.deepEqual(told({ dense: true }), ["w.npz", "5", "Infinity", "tf32", "dense"]);
});

Deno.test("an engine process may forbid TF32 to NVIDIA's libraries, and keep TensorFlow's quiet", () => {
  assert.match(permissions("tensorflow")[2]!, /[=,]NVIDIA_TF32_OVERRIDE(,|$)/);
  assert.match(permissions("tensorflow")[2]!, /[=,]TF_CPP_MIN_LOG_LEVEL(,|$)/);
});
