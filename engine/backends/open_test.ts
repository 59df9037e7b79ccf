import assert from "node:assert/strict";
import type { Backend } from "./backend.ts";
import { engineName } from "./engines.ts";
import { openBackend, type OpenOptions } from "./open.ts";
import { formulaParameters } from "../testing/formula.ts";

const PARAMETERS = formulaParameters("conv1_2");

/** What an engine does: why it cannot be opened, a factor on its results, its precision. */
interface MachineEngine {
  readonly error?: string;
  readonly factor?: number;
  readonly precision?: string;
}
type Machine = Readonly<Record<string, MachineEngine>>;

/** Stands for a machine; engines that it does not name are not installed. With `:float16` it names one in that precision. */
function machine(engines: Machine) {
  const open = new Set<string>();
  const options: OpenOptions = {
    open: (engine, _parameters, { precision }) => {
      const { error, ...given } = engines[precision === "float16" ? `${engine}:float16` : engine] ?? engines[engine] ??
        { error: "not installed" };
      if (error) return Promise.reject(new Error(error));
      const id = `${engine} ${open.size}`;
      open.add(id);
      return Promise.resolve(fakeBackend(engine, given, () => open.delete(id)));
    },
  };
  return { options, open };
}

function fakeBackend(
  engine: string,
  { factor = 1, precision = "float32" }: MachineEngine,
  close: () => void,
): Backend {
  const [backend, device = "cuda"] = engine.split(":") as [string, string?];
  const targets = (layers: readonly string[]) =>
    Promise.resolve(new Map(layers.map((layer) => [layer, new Float32Array(4)])));
  return {
    info: { backend, device: `${device} (model)`, precision, version: "1" },
    features: (_pixels, _size, layers) => targets(layers),
    grams: (_pixels, _size, layers) => targets(layers),
    places: (_pixels, _size, layers) => targets(layers),
    nearest: () => Promise.resolve(new Int32Array(1)),
    compile: () =>
      Promise.resolve({
        evaluate: () => Promise.resolve({ losses: Float64Array.of(3, 4), gradient: Float32Array.of(factor, 2) }),
        dispose: () => Promise.resolve(),
      }),
    classify: () => Promise.resolve(new Float32Array(1)),
    close: () => Promise.resolve(close()),
  };
}

Deno.test("an engine says what it computes on, in what, and with which library", async () => {
  const lines: string[] = [];
  const here = machine({ "tensorflow": { precision: "tf32" }, "onnx:cpu": {} });
  const backend = await openBackend("tensorflow", PARAMETERS, (line) => lines.push(line), here.options);
  assert.deepEqual(lines, ["Engine tensorflow 1 computes on cuda (model) in tf32"]);
  assert.equal(engineName(backend.info), "tensorflow");
  assert.equal(here.open.size, 1, "what was opened for the comparison is closed");
});

Deno.test("an engine is opened again by its name, whatever its device is called", () => {
  for (
    const [backend, device, name] of [
      ["onnx", "cpu", "onnx:cpu"],
      ["webgpu", "NVIDIA H100 80GB HBM3", "webgpu"],
      ["tensorflow", "cuda", "tensorflow"],
    ] as const
  ) assert.equal(engineName({ backend, device }), name);
});

Deno.test("an engine without the precision that was asked for says in which it computes", async () => {
  for (
    const [engine, precision, found, wanted] of [
      ["webgpu", "float16", { precision: "float16" }, []],
      ["webgpu", "float16", {}, ["Engine webgpu: has no float16, computes in float32"]],
      ["webgpu", "float32", {}, []],
      ["onnx:cpu", "tf32", {}, []],
      ["tensorflow", "float16", { precision: "tf32" }, ["Engine tensorflow: has no float16, computes in tf32"]],
    ] as const
  ) {
    const here = machine({ "onnx:cpu": {}, [engine]: found });
    const lines: string[] = [];
    await openBackend(engine, PARAMETERS, (line) => lines.push(line), { ...here.options, precision });
    assert.deepEqual(lines.slice(0, -1), wanted);
  }
});

Deno.test("an engine whose results are wrong in float16, or that does not work in it, goes on in float32", async () => {
  const ways: [MachineEngine, string][] = [
    // Sums in 16 bits, too.
    [{ precision: "float16", factor: 2 }, "wrong results (gradient 0.45 off)"],
    [{ error: "Cannot compile kernel pool" }, "Cannot compile kernel pool"],
  ];
  for (const [half, reason] of ways) {
    const here = machine({ "webgpu": {}, "webgpu:float16": half, "onnx:cpu": {} });
    const lines: string[] = [];
    const options = { ...here.options, precision: "float16" } as const;
    const { info } = await openBackend("webgpu", PARAMETERS, (line) => lines.push(line), options);
    assert.equal(info.precision, "float32");
    assert.equal(lines[0], `Engine webgpu: ${reason} in float16, computes in float32`);
  }
});

Deno.test("rounded factors may turn the gradient a little, and nothing more", async () => {
  for (
    const [factor, precision, works] of [
      [1.1, "tf32", true],
      [1.1, "float32", false],
      [2, "float16", false],
    ] as const
  ) {
    const { options } = machine({ "tensorflow": { factor, precision }, "onnx:cpu": {} });
    const opened = openBackend("tensorflow", PARAMETERS, () => {}, options);
    if (works) assert.equal((await opened).info.precision, precision);
    else await assert.rejects(opened, { message: /wrong results \(gradient/ });
  }
});

Deno.test("an engine that does not work says why in one line without paths, and what to install", async () => {
  const here = machine({
    "onnx:cpu": { factor: NaN },
    "webgpu": { error: "libvulkan.so.1: cannot open shared object file, /usr/lib/x86_64/libvulkan.so\nat line 3" },
  });
  const refusals = {
    "tensorflow": /^Cannot open engine tensorflow: not installed, wanted `deno task install:tensorflow`, with --cuda/,
    "onnx:cpu": /^Cannot open engine onnx:cpu: wrong results \(gradient NaN off\), wanted onnxruntime-node's library/,
    "webgpu": /^Cannot open engine webgpu: libvulkan\.so\.1: cannot open shared object file, …, wanted a GPU/,
    "onnx:tpu": /^Cannot open engine onnx:tpu: wanted auto or one of onnx:cpu, webgpu, tensorflow$/,
    "onnx:webgpu": /^Cannot open engine onnx:webgpu: wanted webgpu, which took its place$/,
  };
  for (const [engine, message] of Object.entries(refusals)) {
    await assert.rejects(openBackend(engine, PARAMETERS, () => {}, here.options), {
      code: "ENGINE_UNAVAILABLE",
      message,
    });
  }
  assert.equal(here.open.size, 0, "what was opened for the comparison is closed");
});
