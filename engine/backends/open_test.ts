import assert from "node:assert/strict";
import { GramcastError } from "../../errors.ts";
import type { Backend } from "./backend.ts";
import { engineName, openBackend, type OpenOptions } from "./open.ts";
import { formulaParameters } from "../testing/formula.ts";
import type { AdapterInfo } from "./webgpu_adapter.ts";

const PARAMETERS = formulaParameters("conv1_2");
const GPU = { vendor: "", device: "", description: "a GPU" };

/** What an engine does: a few milliseconds a step, or why it cannot be opened; a factor on its results, its precision. */
interface MachineEngine {
  readonly milliseconds?: number;
  readonly error?: string;
  readonly factor?: number;
  readonly precision?: string;
}
type Machine = Readonly<Record<string, MachineEngine>>;

/** Stands for a machine; engines that it does not name are not installed. With `:float16` it names one in that precision. */
function machine(engines: Machine, adapter: AdapterInfo | null = GPU) {
  const open = new Set<string>();
  const opened: string[] = [];
  const options: OpenOptions = {
    adapter: () => Promise.resolve(adapter ?? undefined),
    open: (engine, _parameters, { precision }) => {
      const { error, ...given } = engines[precision === "float16" ? `${engine}:float16` : engine] ?? engines[engine] ??
        { error: "not installed" };
      if (error) return Promise.reject(new Error(error));
      const id = `${engine} ${opened.push(engine)}`;
      open.add(id);
      return Promise.resolve(fakeBackend(engine, given, () => open.delete(id)));
    },
  };
  return { options, open, opened };
}

function fakeBackend(
  engine: string,
  { milliseconds = 0, factor = 1, precision = "float32" }: MachineEngine,
  close: () => void,
): Backend {
  const [backend, device] = engine.split(":") as [string, string];
  const targets = (layers: readonly string[]) =>
    Promise.resolve(new Map(layers.map((layer) => [layer, new Float32Array(4)])));
  return {
    info: { backend, device: `${device} (model)`, precision, version: "1" },
    features: (_pixels, _size, layers) => targets(layers),
    grams: (_pixels, _size, layers) => targets(layers),
    compile: () =>
      Promise.resolve({
        evaluate: async () => {
          await new Promise((resume) => setTimeout(resume, milliseconds));
          return { losses: Float64Array.of(3, 4), gradient: Float32Array.of(factor, 2) };
        },
        dispose: () => Promise.resolve(),
      }),
    classify: () => Promise.resolve(new Float32Array(1)),
    close: () => Promise.resolve(close()),
  };
}

/** Opens `auto` on a machine; gives the engine's name and the log. */
async function chosen({ options, open }: ReturnType<typeof machine>): Promise<[string, string[]]> {
  const lines: string[] = [];
  const backend = await openBackend("auto", PARAMETERS, (line) => lines.push(line), options);
  assert.equal(open.size, 1, "the other engines are closed");
  return [engineName(backend.info), lines];
}

Deno.test("auto takes the fastest engine that works", async () => {
  const [slow, fast] = [{ milliseconds: 40 }, { milliseconds: 1 }];
  for (const wanted of ["onnx:webgpu", "tensorflow:webgpu", "onnx:cpu"]) {
    const engines = { "onnx:webgpu": slow, "tensorflow:webgpu": slow, "onnx:cpu": slow, [wanted]: fast };
    const [engine, lines] = await chosen(machine(engines));
    assert.equal(engine, wanted);
    assert.equal(lines.filter((line) => / ms a step at 256×256$/.test(line)).length, 3);
  }
});

Deno.test("auto prefers CUDA to all else without measuring it", async () => {
  const here = machine({ "onnx:cuda": { milliseconds: 5 }, "onnx:webgpu": {}, "onnx:cpu": {} });
  assert.deepEqual(await chosen(here), ["onnx:cuda", [
    "Engine tensorflow:gpu: not installed",
    "Engine onnx:cuda computes on cuda (model) in float32",
  ]]);
  assert.ok(!here.opened.includes("onnx:webgpu"));
});

Deno.test("auto says of each engine why it was refused", async () => {
  const here = machine({
    "onnx:cuda": { error: "OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library\nat line 3" },
    "tensorflow:gpu": { error: "libcudart.so.11.0: cannot open shared object file, /opt/cuda/lib64/stubs" },
    "onnx:webgpu": { factor: 2 },
    "tensorflow:webgpu": { factor: NaN },
    "onnx:cpu": {},
  });
  assert.deepEqual(await chosen(here), ["onnx:cpu", [
    "Engine onnx:cuda: no CUDA library",
    "Engine tensorflow:gpu: libcudart.so.11.0: cannot open shared object file, …",
    "Engine onnx:webgpu: wrong results (gradient 0.45 off)",
    "Engine tensorflow:webgpu: wrong results (gradient NaN off)",
    "Engine onnx:cpu computes on cpu (model) in float32",
  ]]);
});

Deno.test("auto leaves WebGPU alone where there is no GPU or only a driver that computes on the CPU", async () => {
  const engines = { "onnx:webgpu": {}, "tensorflow:webgpu": {}, "onnx:cpu": {} };
  for (const adapter of [null, { ...GPU, isFallbackAdapter: true }]) {
    const here = machine(engines, adapter);
    const [engine, lines] = await chosen(here);
    assert.equal(engine, "onnx:cpu");
    assert.deepEqual(new Set(here.opened), new Set(["onnx:cpu"]));
    assert.equal(lines.filter((line) => line.includes("no GPU found")).length, 2);
  }
});

Deno.test("auto leaves out what it is told to, but for the last", async () => {
  const here = machine({ "onnx:cuda": {}, "onnx:cpu": {} });
  const lines: string[] = [];
  const without = ["onnx:cuda", "onnx:cpu"];
  const backend = await openBackend("auto", PARAMETERS, (line) => lines.push(line), { ...here.options, without });
  assert.equal(engineName(backend.info), "onnx:cpu");
  assert.equal(lines[0], "Engine onnx:cuda: left out: it was lost again and again");
});

Deno.test("an engine without the precision that was asked for says in which it computes", async () => {
  const here = machine({
    "onnx:webgpu": { precision: "float16" },
    "tensorflow:webgpu": {},
    "onnx:cuda": {},
    // Sums in 16 bits, too.
    "onnx:cuda:float16": { precision: "float16", factor: 2 },
    "onnx:cpu": {},
  });
  for (
    const [engine, precision, wanted] of [
      ["onnx:webgpu", "float16", []],
      ["tensorflow:webgpu", "float16", ["Engine tensorflow:webgpu: has no float16, computes in float32"]],
      ["tensorflow:webgpu", "float32", []],
      ["onnx:cpu", "tf32", []],
      ["onnx:cuda", "float16", [
        "Engine onnx:cuda: wrong results (gradient 0.45 off) in float16, computes in float32",
      ]],
    ] as const
  ) {
    const lines: string[] = [];
    await openBackend(engine, PARAMETERS, (line) => lines.push(line), { ...here.options, precision });
    assert.deepEqual(lines, wanted);
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
    const { options } = machine({ "onnx:cuda": { factor, precision }, "onnx:cpu": {} });
    const opened = openBackend("onnx:cuda", PARAMETERS, () => {}, options);
    if (works) assert.equal((await opened).info.precision, precision);
    else await assert.rejects(opened, { message: /wrong results \(gradient/ });
  }
});

Deno.test("an engine that was asked for by its name is opened again, however often it was lost", async () => {
  const here = machine({ "onnx:cuda": {}, "onnx:cpu": {} });
  const backend = await openBackend("onnx:cuda", PARAMETERS, () => {}, { ...here.options, without: ["onnx:cuda"] });
  assert.equal(engineName(backend.info), "onnx:cuda");
});

Deno.test("auto finds an engine on this machine", async () => {
  const backend = await openBackend("auto", PARAMETERS, () => {});
  assert.match(engineName(backend.info), /^(onnx|tensorflow):(cpu|cuda|gpu|webgpu)$/);
  await backend.close();
});

Deno.test("a machine without any engine is told what it might have", async () => {
  await assert.rejects(chosen(machine({})), {
    name: "GramcastError",
    message:
      /^Cannot find an engine: wanted one of onnx:cuda, tensorflow:gpu, onnx:webgpu, tensorflow:webgpu, onnx:cpu$/,
  });
});

Deno.test("an engine that was asked for and does not work says what to install", async () => {
  const here = machine({ "onnx:cpu": {}, "onnx:webgpu": { factor: 1.5 } });
  const refusals = {
    "onnx:cuda": /^Cannot open engine onnx:cuda: not installed, wanted an NVIDIA GPU, .*install:onnx-cuda`$/,
    "tensorflow:gpu": /wanted .*cuDNN 8 and `deno task install:tensorflow-gpu`$/,
    "tensorflow:webgpu": /wanted .*`deno task install:tensorflow-webgpu`$/,
    "onnx:webgpu": /^Cannot open engine onnx:webgpu: wrong results \(gradient 0\.\d+ off\), wanted a GPU/,
    "onnx:tpu": /^Cannot open engine onnx:tpu: wanted auto or one of onnx:cpu, /,
  };
  for (const [engine, message] of Object.entries(refusals)) {
    await assert.rejects(openBackend(engine, PARAMETERS, () => {}, here.options), (error) => {
      assert.ok(error instanceof GramcastError);
      assert.equal(error.code, "ENGINE_UNAVAILABLE");
      assert.match(error.message, message);
      return true;
    });
  }
  assert.equal(here.open.size, 0, "what was opened for the comparison is closed");
});
