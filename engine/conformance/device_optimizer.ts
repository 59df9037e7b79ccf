/**
 * What a backend must do that moves pictures on its device: what the optimisers do here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { suite } from "../../tests/testing/suite.ts";
import type { Backend } from "../backends/backend.ts";
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
  assert.ok(relativeDistance(there.losses, here.losses) < tolerance, `${there.losses} and ${here.losses}`);
  assert.ok(relativeDistance(there.tv, here.tv) < tolerance, `${there.tv} and ${here.tv}`);
  assert.ok(relativeDistance(there.picture.rgb, here.picture.rgb) < 1e-2);
  return there;
}

/** A checkpoint after so many steps must lead to where no checkpoint does. */
async function assertGoesOn(backend: Backend, given: OptimisationInput, steps: number): Promise<void> {
  const whole = await Optimisation.start(backend, nearestResize, given);
  const cut = await Optimisation.start(backend, nearestResize, given);
  for (const optimisation of [whole, cut]) for (let i = 0; i < steps; i++) await optimisation.advance();
  await cut.picture();
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
  while (!optimisation.finished) {
    const report = await optimisation.advance();
    losses.push(report.losses.total);
    tv.push(report.losses.tv);
  }
  const picture: Picture = await optimisation.picture();
  await optimisation.dispose();
  return { losses, tv, picture };
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
