/**
 * What a backend must do that moves pictures on its device: what the optimisers do here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { suite } from "../../tests/testing/suite.ts";
import type { Backend } from "../backends/backend.ts";
import type { DeviceOptimizer } from "../backends/device_optimizer.ts";
import { Optimisation, type OptimisationInput } from "../descent/optimisation.ts";
import type { Picture } from "../picture.ts";
import { formulaParameters, formulaPicture, formulaPixels } from "../testing/formula.ts";
import { nearestResize } from "../testing/nearest.ts";
import { relativeDistance } from "../testing/distance.ts";
import { transferOptions } from "../testing/options.ts";
import { withEvaluators } from "../testing/tampered_backend.ts";
import type { OpenBackend } from "./conformance.ts";

const CONTENT = formulaPicture(27, 20, 1);
const STYLE = formulaPicture(18, 24, 2);

type Given = Partial<Parameters<typeof transferOptions>[1]>;

/** L-BFGS whose memory is full within a scale. */
function lbfgs(learningRate: number): Given {
  const optimizer = { kind: "LBFGS", learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, history: 3 } as const;
  return { optimizer, scales: [{ size: 17, steps: 9 }, { size: 22, steps: 4 }] };
}

function input(given: Given = {}): OptimisationInput {
  const options = transferOptions(CONTENT, {
    scales: [{ size: 17, steps: 4 }, { size: 26, steps: 4 }],
    contentLayers: [{ layer: "conv1_2", weight: 1 }],
    styleLayers: [{ layer: "conv2_1", weight: 1 }],
    styleWeight: 1,
    tvWeight: 0.1,
    ...given,
  });
  return { options, content: CONTENT, styles: [{ picture: STYLE, weight: 1 }] };
}

/** Registers the tests for one backend. */
export function testDeviceAdam(name: string, open: OpenBackend): void {
  const test = suite(name, () => open(formulaParameters("conv2_1")));

  test("moves a picture on the device as Adam does here", async (backend) => {
    for (const tvWeight of [0, 0.1]) await assertAlike(backend, input({ tvWeight }), 1e-4);
  });

  test("goes on from a checkpoint to the same bytes, and takes new weights on the way", async (backend) => {
    await assertGoesOn(backend, input(), 3);
  });

  test("keeps the last good picture on the device when a loss is not finite", async (backend) => {
    const optimisation = await Optimisation.start(backend, nearestResize, input());
    await optimisation.advance();
    const good = await optimisation.picture();
    optimisation.retune({ styleWeight: 1e38, contentWeight: 1e38 });
    await assert.rejects(optimisation.advance(), { code: "LOSS_NOT_FINITE", message: /^Cannot take step 2: / });
    assert.deepEqual(await optimisation.picture(), good);
    await optimisation.dispose();
  });
}

/** Registers the tests for one backend whose Adam takes several steps before it looks at what they gave. */
export function testStepsTogether(name: string, open: OpenBackend): void {
  const test = suite(name, () => open(formulaParameters("conv2_1")));
  const scales = [{ size: 17, steps: 9 }, { size: 22, steps: 4 }];

  test("takes the same steps however many at a time, retuned, saved and restored in between", async (backend) => {
    const given = input({ scales, averaging: 0.6, paletteWeight: 1 });
    const ends: Awaited<ReturnType<typeof runTogether>>[] = [];
    for (const most of [1, 4, 7]) ends.push(await runTogether(backend, given, most));
    for (const end of ends.slice(1)) assert.deepEqual(end, ends[0]);
  });

  test("takes no step after one that is not finite, and keeps what the steps before it have come to", async (backend) => {
    const ends: unknown[] = [];
    for (const most of [1, 5]) {
      const optimisation = await Optimisation.start(backend, nearestResize, input({ scales, averaging: 0.6 }));
      await optimisation.advance();
      optimisation.retune({ learningRate: 1e38 });
      assert.equal((await optimisation.advanceTogether(most)).length, 1);
      const checkpoint = await optimisation.checkpoint();
      await assert.rejects(optimisation.advanceTogether(most), {
        code: "LOSS_NOT_FINITE",
        message: /^Cannot take step 3: /,
      });
      assert.deepEqual(await optimisation.checkpoint(), checkpoint);
      ends.push(checkpoint);
      await optimisation.dispose();
    }
    assert.deepEqual(ends[1], ends[0]);
  });
}

/** Registers the tests for one backend whose optimisers know extras. @param reference What they are compared with. */
export function testDeviceExtras(name: string, open: OpenBackend, reference: OpenBackend): void {
  const test = suite(name, () => open(formulaParameters("conv2_1")));

  test("has averages, palettes and what is to be kept on the device, and no picture comes here between", async (backend) => {
    const compared = await reference(formulaParameters("conv2_1"));
    const scales = [{ size: 17, steps: 4 }, { size: 22, steps: 2 }];
    for (const optimizer of [{}, lbfgs(1)]) {
      const asked = {
        ...input({ ...optimizer, scales, averaging: 0.7, paletteWeight: 1, temporalWeight: 3, normalizeLosses: true }),
        styles: [{ picture: STYLE, weight: 1 }, { picture: CONTENT, weight: 2, mask: formulaPicture(9, 8, 5) }],
        kept: { width: 3, height: 2, values: Float32Array.of(1, 0.5, 0, 1, 1, 0.25) },
        initPicture: STYLE,
      };
      const [there, here] = [await run(movedThere(backend), asked), await run(compared, asked)];
      assertNear(there, here, 1e-3);
      if ("optimizer" in optimizer) await assertGoesOn(backend, asked, 3);
    }
    await compared.close();
  });
}

/** Registers the tests for one backend. */
export function testDeviceLbfgs(name: string, open: OpenBackend): void {
  const test = suite(name, () => open(formulaParameters("conv2_1")));

  test("moves a picture on the device as L-BFGS does here, back from trials that are worse too", async (backend) => {
    for (const learningRate of [1, 12]) {
      const { losses } = await assertAlike(backend, input(lbfgs(learningRate)), 1e-3);
      const rejected = losses.some((loss, i) => i > 0 && loss === losses[i - 1]);
      if (learningRate > 1) assert.ok(rejected, `${losses}`);
    }
  });

  test("goes on from a checkpoint of L-BFGS to the same bytes, wherever it is taken", async (backend) => {
    for (const steps of [1, 5]) await assertGoesOn(backend, input(lbfgs(12)), steps);
  });

  test("refuses a first loss that is not finite, and steps back from a later one on the device", async (backend) => {
    const [size, pixels] = [{ width: 9, height: 7 }, formulaPixels(9, 7, 3)];
    const targets = await backend.features(formulaPixels(9, 7, 4), size, ["conv1_2"], "MAX");
    const terms = [{ kind: "content", layer: "conv1_2", mask: null }] as const;
    const objective = { size, terms, masks: [], pooling: "MAX", normalizeGradients: false } as const;
    const evaluator = await backend.compile(objective, [targets.get("conv1_2")!]);
    const { options: { optimizer } } = input(lbfgs(1));
    const device = await evaluator.lbfgs!(optimizer, { numbers: {}, arrays: { pixels } });
    assert.equal((await device.step([1e38], 0, 1)).finite, false);
    assert.deepEqual(await device.pixels(), pixels);
    const verdicts: unknown[] = [];
    for (const weight of [1, 1e38, 1]) {
      const { finite, accepted = true } = await device.step([weight], 0, 1);
      verdicts.push([finite, accepted]);
      if (weight > 1) assert.deepEqual(await device.pixels(), pixels);
    }
    assert.deepEqual(verdicts, [[true, true], [true, false], [true, true]]);
    assert.ok(relativeDistance(await device.pixels(), pixels) > 0);
    device.dispose();
    await evaluator.dispose();
  });
}

/** What an optimisation gives on the device must be what it gives here. */
async function assertAlike(backend: Backend, given: OptimisationInput, tolerance: number) {
  const [there, here] = [await run(backend, given), await run(movedHere(backend), given)];
  assert.equal(there.losses.length, given.options.scales.reduce((sum, { steps }) => sum + steps, 0));
  assertNear(there, here, tolerance);
  return there;
}

type Run = Awaited<ReturnType<typeof run>>;

/** @param tolerance Of losses. */
function assertNear(there: Run, here: Run, tolerance: number): void {
  for (const [i, { layer }] of here.layers.entries()) {
    const [found, wanted] = [there, here].map(({ layers }) => layers[i]!.values);
    assert.ok(relativeDistance(found!, wanted!) < tolerance, `${layer}: ${found} and ${wanted}`);
  }
  assert.ok(relativeDistance(there.losses, here.losses) < tolerance, `${there.losses} and ${here.losses}`);
  assert.ok(relativeDistance(there.tv, here.tv) < tolerance, `${there.tv} and ${here.tv}`);
  assert.ok(relativeDistance(there.picture.rgb, here.picture.rgb) < 1e-2);
}

/** A run that is retuned after one step, and saved and restored after another. */
async function runTogether(backend: Backend, given: OptimisationInput, most: number) {
  let optimisation = await Optimisation.start(backend, nearestResize, given);
  const losses: unknown[] = [];
  const advanceTo = async (step: number) => {
    while (optimisation.step < step) {
      const reports = await optimisation.advanceTogether(Math.min(most, step - optimisation.step));
      losses.push(...reports.map(({ step, losses, size }) => ({ step, losses, size })));
    }
  };
  await advanceTo(5);
  optimisation.retune({ styleWeight: 2, learningRate: 3 });
  await advanceTo(7);
  const picture = await optimisation.picture();
  assert.deepEqual(picture.rgb, (await optimisation.picture(true)).rgb);
  const checkpoint = await optimisation.checkpoint();
  await optimisation.dispose();
  optimisation = await Optimisation.restore(backend, nearestResize, given, checkpoint);
  await advanceTo(given.options.steps);
  const end = { losses, picture, checkpoint: await optimisation.checkpoint() };
  await optimisation.dispose();
  return end;
}

/** A checkpoint after so many steps must lead to where no checkpoint does. */
async function assertGoesOn(backend: Backend, given: OptimisationInput, steps: number): Promise<void> {
  const whole = await Optimisation.start(backend, nearestResize, given);
  const cut = await Optimisation.start(backend, nearestResize, given);
  for (const optimisation of [whole, cut]) for (let i = 0; i < steps; i++) await optimisation.advance();
  // The first in bytes, made there; the other of the values.
  const [shown, fine] = [await cut.picture(), await cut.picture(true)];
  assert.deepEqual(shown.rgb, fine.rgb);
  const rest = await Optimisation.restore(backend, nearestResize, given, await cut.checkpoint());
  await cut.dispose();
  const ends: Uint8Array[] = [];
  for (const optimisation of [whole, rest]) {
    await optimisation.advance();
    optimisation.retune({ contentWeight: 3, learningRate: 2 });
    while (!optimisation.finished) await optimisation.advance();
    ends.push(await optimisation.checkpoint());
    await optimisation.dispose();
  }
  assert.deepEqual(ends[0], ends[1]);
}

async function run(backend: Backend, given: OptimisationInput) {
  const optimisation = await Optimisation.start(backend, nearestResize, given);
  const losses: number[] = [];
  const tv: number[] = [];
  const layers: { readonly layer: string; readonly values: number[] }[] = [];
  while (!optimisation.finished) {
    const report = await optimisation.advance();
    losses.push(report.losses.total);
    tv.push(report.losses.tv);
    report.losses.layers.forEach(({ layer, value }, i) => (layers[i] ??= { layer, values: [] }).values.push(value));
  }
  const picture: Picture = await optimisation.picture();
  await optimisation.dispose();
  return { losses, tv, layers, picture };
}

/** The backend, evaluating alone. */
function movedHere(backend: Backend): Backend {
  return withEvaluators(backend, (evaluator) => {
    assert.ok(evaluator.adam ?? evaluator.lbfgs, "the backend has no optimiser of its own");
    return {
      evaluate: (pixels, weights) => evaluator.evaluate(pixels, weights),
      dispose: () => evaluator.dispose(),
    };
  });
}

/** The backend, which evaluates nothing on its own, and brings no picture here but where a scale has ended. */
function movedThere(backend: Backend): Backend {
  return withEvaluators(backend, (evaluator) => {
    const watched = async (made: Promise<DeviceOptimizer>): Promise<DeviceOptimizer> => {
      const moving = await made;
      let brought = false;
      const bring = <T>(what: () => Promise<T>) => {
        brought = true;
        return what();
      };
      return {
        step: (...args) => {
          assert.ok(!brought, "brought here between two steps");
          return moving.step(...args);
        },
        pixels: () => bring(() => moving.pixels()),
        average: () => bring(() => moving.average!()),
        state: () => bring(() => moving.state()),
        dispose: () => moving.dispose(),
      };
    };
    return {
      movesExtras: true,
      evaluate: () => assert.fail("evaluated here"),
      adam: (...args) => watched(evaluator.adam!(...args)),
      lbfgs: (...args) => watched(evaluator.lbfgs!(...args)),
      dispose: () => evaluator.dispose(),
    };
  });
}
