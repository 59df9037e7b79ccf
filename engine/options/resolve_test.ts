import assert from "node:assert/strict";
import fc from "fast-check";
import { GramcastError } from "../../errors.ts";
import { anyRequest } from "../testing/requests.ts";
import { PRESET_NAMES, type PresetName, type TransferOptions, type TransferRequest } from "./options.ts";
import { PRESETS } from "./presets.ts";
import { completeRequestOf, requestOf, resolveOptions } from "./resolve.ts";
import { entryOf, MAX_SIZE, MAX_STEPS, MIN_SIZE, OPTION_NAMES } from "./table.ts";
import type { NumberShape } from "../../values.ts";
import { CONV_NAMES } from "../vgg16.ts";

const CONTENT = { width: 400, height: 300 };
const resolve = (request: TransferRequest, content = CONTENT) => resolveOptions(request, content, 77);

function refusal(request: TransferRequest): GramcastError {
  try {
    resolve(request);
  } catch (error) {
    assert.ok(error instanceof GramcastError, `${error}`);
    assert.equal(error.code, "BAD_USER_INPUT");
    assert.match(error.message, /^Cannot [^\n]+: [^\n]+$/);
    return error;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(request)} was accepted` });
}

/** A request with `value` at a path like `optimizer.beta1`. */
function requestWith(path: string, value: unknown): TransferRequest {
  const [group, name] = path.split(".");
  if (!name) return { [path]: value };
  const others = group === "optimizer" ? { kind: "ADAM" } : group === "init" ? { kind: "CONTENT" } : {};
  return { [group!]: { ...others, [name]: value } };
}

/** The value at a path of the resolved options. */
function valueAt(options: object, path: string): unknown {
  return path.split(".").reduce((inner, name) => (inner as Record<string, unknown>)[name]!, options as unknown);
}

/** Every number of the table but those that say a schedule, by its path. */
const NUMBERS = OPTION_NAMES.flatMap((name): [string, NumberShape][] => {
  const { value, schedule } = entryOf(name);
  if (schedule) return [];
  if (value.shape === "number") return [[name, value]];
  if (value.shape !== "group") return [];
  return Object.entries(value.parts).flatMap(([part, { value }]): [string, NumberShape][] =>
    value.shape === "number" ? [[`${name}.${part}`, value]] : []
  );
});

Deno.test("every number's bounds are allowed, what lies beyond is refused with its field", async (t) => {
  for (const [path, { minimum, maximum, whole }] of NUMBERS) {
    await t.step(path, () => {
      for (const value of [minimum, maximum]) assert.equal(valueAt(resolve(requestWith(path, value)), path), value);
      const beyond = whole
        ? [minimum - 1, maximum + 1, minimum + 0.5]
        : [minimum - Math.max(1e-9, Math.abs(minimum) * 1e-9), maximum * 1.0001];
      for (const value of [...beyond, NaN, Infinity, -Infinity]) {
        const error = refusal(requestWith(path, value));
        assert.equal(error.field, path);
        assert.ok(error.message.startsWith(`Cannot use ${path} ${value}: wanted a `), error.message);
        assert.ok(error.message.endsWith(`from ${minimum} to ${maximum}`), error.message);
      }
    });
  }
});

Deno.test("sizes and steps have their bounds, alone and in scales", () => {
  assert.equal(resolve({ size: MIN_SIZE }).width, MIN_SIZE);
  assert.equal(resolve({ size: MAX_SIZE }).width, MAX_SIZE);
  assert.equal(resolve({ steps: 1 }).steps, 1);
  assert.equal(resolve({ steps: MAX_STEPS }).steps, MAX_STEPS);
  for (const size of [MIN_SIZE - 1, MAX_SIZE + 1, 100.5, NaN]) assert.equal(refusal({ size }).field, "size");
  for (const steps of [0, MAX_STEPS + 1, 1.5, NaN]) assert.equal(refusal({ steps }).field, "steps");
  const scale = (size: number, steps: number) => ({ scales: [{ size: 64, steps: 1 }, { size, steps }] });
  for (const size of [MAX_SIZE + 1, 100.5]) assert.equal(refusal(scale(size, 1)).field, "scales.1.size");
  for (const steps of [0, -1, 2.5, NaN, MAX_STEPS + 1]) {
    assert.equal(refusal(scale(100, steps)).field, "scales.1.steps");
  }
  assert.equal(refusal({ scales: [{ size: MIN_SIZE - 1, steps: 1 }] }).field, "scales.0.size");
});

Deno.test("schedules that contradict themselves are refused", () => {
  const two = [{ size: 64, steps: 5 }, { size: 128, steps: 5 }];
  const refusals: [TransferRequest, string, RegExp][] = [
    [{ scales: two, steps: 10 }, "steps", /steps left out when scales are given/],
    [{ scales: two, size: 64 }, "size", /wanted the last scale's size \(128\), or none/],
    [{ scales: [] }, "scales", /0 scales: wanted 1 to 12/],
    [{ scales: Array.from({ length: 13 }, (_, i) => ({ size: 64 + i, steps: 1 })) }, "scales", /13 scales/],
    [{ scales: two.toReversed() }, "scales.1.size", /more than the one before \(128\)/],
    [{ scales: [two[0]!, two[0]!] }, "scales.1.size", /more than the one before \(64\)/],
    [{ scales: two.map(({ size }) => ({ size, steps: MAX_STEPS - 1 })) }, "scales", /at most 10000 in all/],
  ];
  for (const [request, field, message] of refusals) {
    const error = refusal(request);
    assert.equal(error.field, field);
    assert.match(error.message, message);
  }
  assert.equal(resolve({ scales: two, size: 128 }).steps, 10);
});

Deno.test("layers are checked for their names, weights and repetition", () => {
  for (const field of ["contentLayers", "styleLayers"] as const) {
    const every = CONV_NAMES.map((layer) => ({ layer }));
    assert.deepEqual(resolve({ [field]: every })[field], CONV_NAMES.map((layer) => ({ layer, weight: 1 })));
    const refusals: [{ layer: string; weight?: number }[], string, RegExp][] = [
      [[{ layer: "relu1_1" }], `${field}.0.layer`, /"relu1_1": wanted one of conv1_1, /],
      [[{ layer: "conv1_1" }, { layer: "pool1" }], `${field}.1.layer`, /"pool1"/],
      [[{ layer: "conv1_1" }, { layer: "conv1_1" }], `${field}.1.layer`, /"conv1_1" twice: wanted each layer once/],
      [[{ layer: "conv1_1", weight: -1 }], `${field}.0.weight`, /-1: wanted a number from 0/],
      [[{ layer: "conv1_1", weight: NaN }], `${field}.0.weight`, /NaN/],
      [[...every, { layer: "conv1_1" }], field, /14 (content|style)Layers: wanted 0 to 13/],
    ];
    for (const [layers, at, message] of refusals) {
      const error = refusal({ [field]: layers });
      assert.equal(error.field, at);
      assert.match(error.message, message);
    }
  }
  assert.equal(refusal({ contentLayers: [], styleLayers: [] }).field, "styleLayers");
  for (const field of ["contentLayers", "styleLayers"] as const) {
    const zeros = [{ layer: "conv1_1", weight: 0 }, { layer: "conv2_1", weight: 0 }];
    assert.match(refusal({ [field]: zeros }).message, /whose weights are all 0: wanted one above 0, or no layers$/);
    assert.equal(refusal({ [field]: zeros }).field, field);
    resolve({ [field]: [...zeros, { layer: "conv3_1", weight: 1 }] });
  }
  assert.deepEqual(resolve({ contentLayers: [] }).contentLayers, []);
});

Deno.test("what is left out, or null, comes from the preset", () => {
  for (const preset of PRESET_NAMES) {
    const nulls = Object.fromEntries(OPTION_NAMES.map((name) => [name, null]));
    const { description: _, scales, ...wanted } = PRESETS[preset];
    const options = resolve({ preset, ...nulls });
    assert.deepEqual(resolve({ preset }), options);
    for (const [name, value] of Object.entries(wanted)) assert.deepEqual(valueAt(options, name), value, name);
    assert.deepEqual(options.scales.map(({ size, steps }) => ({ size, steps })), scales);
    assert.equal(options.seed, 77);
    assert.equal(options.keepFrames, false);
  }
  assert.equal(resolve({}).preset, "BALANCED");
});

Deno.test("an optimiser of another kind than the preset's has its own learning rate", () => {
  assert.equal(resolve({ preset: "CLASSIC", optimizer: { kind: "ADAM" } }).optimizer.learningRate, 10);
  assert.equal(resolve({ preset: "CLASSIC", optimizer: { kind: "LBFGS" } }).optimizer.learningRate, 1);
  assert.equal(resolve({ preset: "FAST", optimizer: { kind: "ADAM" } }).optimizer.learningRate, 10);
});

Deno.test("a start of noise is all noise, a picture has none, unless asked for", () => {
  assert.deepEqual(resolve({ init: { kind: "NOISE" } }).init, { kind: "NOISE", noise: 1 });
  assert.deepEqual(resolve({ init: { kind: "STYLE" } }).init, { kind: "STYLE", noise: 0 });
  assert.deepEqual(resolve({ init: { kind: "CONTENT", noise: 0.3 } }).init, { kind: "CONTENT", noise: 0.3 });
});

Deno.test("any size and number of steps of any preset gives a schedule that rises to it", () => {
  const preset = fc.constantFrom(...PRESET_NAMES);
  const size = fc.option(fc.integer({ min: MIN_SIZE, max: MAX_SIZE }));
  const steps = fc.option(fc.integer({ min: 1, max: MAX_STEPS }));
  const side = fc.integer({ min: 1, max: 5000 });
  fc.assert(
    fc.property(preset, size, steps, side, side, (preset, size, steps, width, height) => {
      const options = resolve({ preset, size, steps }, { width, height });
      const last = PRESETS[preset].scales.at(-1)!;
      assert.equal(Math.max(options.width, options.height), size ?? last.size);
      assert.equal(options.scales.reduce((sum, scale) => sum + scale.steps, 0), options.steps);
      if (steps !== null) assert.equal(options.steps, steps);
      options.scales.forEach((scale, i) => {
        assert.ok(scale.steps >= 1);
        assert.equal(Math.max(scale.width, scale.height), scale.size);
        assert.ok(Math.min(scale.width, scale.height) >= 1);
        if (i > 0) assert.ok(scale.size > options.scales[i - 1]!.size);
      });
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("what resolved options say of themselves resolves to them again, whichever way it is said", () => {
  const side = fc.integer({ min: 1, max: 5000 });
  const any = fc.record({ width: side, height: side }).chain((content) =>
    fc.tuple(fc.constant(content), anyRequest(content))
  );
  fc.assert(
    fc.property(any, ([content, request]) => {
      const options = resolve(request, content);
      for (const say of [requestOf, completeRequestOf]) {
        const said = JSON.parse(JSON.stringify(say(options)));
        assert.deepEqual(resolveOptions(said, content, 78), options);
      }
    }),
    { seed: 2, numRuns: 600 },
  );
});

Deno.test("the shortest request names what differs from the preset and nothing else", () => {
  for (const preset of PRESET_NAMES) assert.deepEqual(requestOf(resolve({ preset })), { preset, seed: 77 });
  const requests: TransferRequest[] = [
    { preset: "FAST", seed: 1, size: 300 },
    { preset: "QUALITY", seed: 1, steps: 12 },
    { preset: "BALANCED", seed: 1, size: 100, steps: 7 },
    { preset: "FAST", seed: 1, scales: [{ size: 40, steps: 3 }, { size: 90, steps: 4 }] },
    { preset: "FAST", seed: 1, optimizer: { kind: "ADAM" } },
    { preset: "CLASSIC", seed: 1, optimizer: { kind: "ADAM", beta1: 0.5 }, init: { kind: "CONTENT", noise: 0.5 } },
    { preset: "CLASSIC", seed: 1, normalizeLosses: true, styleLayers: [{ layer: "conv1_1" }] },
  ];
  for (const request of requests) assert.deepEqual(requestOf(resolve(request)), request);
});

Deno.test("options from before there was one have its default", () => {
  const { normalizeLosses: _, ...before } = resolve({ preset: "FAST" });
  assert.equal(requestOf(before as TransferOptions).normalizeLosses, false);
});

Deno.test("another size changes detail and not composition: the same scales up to it, and further ones beyond the preset's", () => {
  const schedule = (preset: PresetName, size: number) =>
    resolve({ preset, size }).scales.map(({ size, steps }) => `${size}:${steps}`).join(" ");
  for (const preset of PRESET_NAMES) {
    const own = PRESETS[preset].scales.map(({ size, steps }) => `${size}:${steps}`).join(" ");
    const { size, steps } = PRESETS[preset].scales.at(-1)!;
    assert.equal(schedule(preset, size), own);
    assert.equal(schedule(preset, 2 * size), `${own} ${2 * size}:${steps}`);
    assert.equal(schedule(preset, 3 * size), `${own} ${2 * size}:${steps} ${3 * size}:${steps}`);
    for (const [i, scale] of PRESETS[preset].scales.entries()) {
      assert.equal(schedule(preset, scale.size), own.split(" ").slice(0, i + 1).join(" "));
    }
    // Near its own size it is that scale which has another size.
    assert.equal(schedule(preset, size + 10), [...own.split(" ").slice(0, -1), `${size + 10}:${steps}`].join(" "));
  }
});

Deno.test("a picture to go on from is not made coarse first", () => {
  for (const preset of PRESET_NAMES) {
    const last = PRESETS[preset].scales.at(-1)!;
    const init = { kind: "IMAGE" } as const;
    const scales = (request: TransferRequest) =>
      resolve({ preset, init, ...request }).scales.map(({ size, steps }) => ({ size, steps }));
    assert.deepEqual(scales({}), [last]);
    assert.deepEqual(scales({ steps: 10, size: 300 }), [{ size: 300, steps: 10 }]);
    assert.deepEqual(scales({ size: 4 * last.size }), [{ size: 4 * last.size, steps: last.steps }]);
    const given = [{ size: 40, steps: 2 }, { size: 80, steps: 3 }];
    assert.deepEqual(scales({ scales: given }), given);
  }
});

Deno.test("a turned style is refused where nothing is looked for in it", () => {
  const size = { width: 40, height: 30 };
  assert.equal(resolveOptions({ preset: "PAINTERLY", styleTurns: true }, size, 0).styleTurns, true);
  assert.throws(() => resolveOptions({ preset: "FAST", styleTurns: true }, size, 0), {
    code: "BAD_USER_INPUT",
    field: "styleTurns",
    message: "Cannot use styleTurns with styleMatch GRAM: wanted NEIGHBORS",
  });
});

Deno.test("neighbours are refused where losses are not measured by the pictures", () => {
  const size = { width: 40, height: 30 };
  assert.equal(resolveOptions({ preset: "FAST", styleMatch: "NEIGHBORS" }, size, 0).styleMatch, "NEIGHBORS");
  assert.throws(() => resolveOptions({ preset: "CLASSIC", styleMatch: "NEIGHBORS" }, size, 0), {
    code: "BAD_USER_INPUT",
    field: "styleMatch",
    message: /without normalizeLosses: wanted true/,
  });
});
