/**
 * What a backend must do that moves pictures on its device: what Adam does here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { suite } from "../../tests/testing/suite.ts";
import type { Backend } from "../backends/backend.ts";
import { Optimisation, type OptimisationInput } from "../descent/optimisation.ts";
import type { Picture } from "../picture.ts";
import { formulaParameters, formulaPicture } from "../testing/formula.ts";
import { nearestResize } from "../testing/nearest.ts";
import { relativeDistance } from "../testing/distance.ts";
import { transferOptions } from "../testing/options.ts";
import { withEvaluators } from "../testing/tampered_backend.ts";
import type { OpenBackend } from "./conformance.ts";

const CONTENT = formulaPicture(27, 20, 1);
const STYLE = formulaPicture(18, 24, 2);

function input(given: { tvWeight?: number; styleWeight?: number } = {}): OptimisationInput {
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
    for (const tvWeight of [0, 0.1]) {
      const [there, here] = [
        await run(backend, input({ tvWeight })),
        await run(withoutAdam(backend), input({ tvWeight })),
      ];
      assert.equal(there.losses.length, 8);
      assert.ok(relativeDistance(there.losses, here.losses) < 1e-4, `${there.losses} and ${here.losses}`);
      assert.ok(relativeDistance(there.tv, here.tv) < 1e-4, `${there.tv} and ${here.tv}`);
      assert.ok(relativeDistance(there.picture.rgb, here.picture.rgb) < 1e-2);
    }
  });

  test("goes on from a checkpoint to the same bytes, and takes new weights on the way", async (backend) => {
    const whole = await Optimisation.start(backend, nearestResize, input());
    const cut = await Optimisation.start(backend, nearestResize, input());
    for (const optimisation of [whole, cut]) for (let i = 0; i < 3; i++) await optimisation.advance();
    await cut.picture();
    const rest = await Optimisation.restore(backend, nearestResize, input(), await cut.checkpoint());
    await cut.dispose();
    const ends: Uint8Array[] = [];
    for (const optimisation of [whole, rest]) {
      optimisation.retune({ contentWeight: 3, learningRate: 2 });
      while (!optimisation.finished) await optimisation.advance();
      ends.push(await optimisation.checkpoint());
      await optimisation.dispose();
    }
    assert.deepEqual(ends[0], ends[1]);
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
function withoutAdam(backend: Backend): Backend {
  return withEvaluators(backend, (evaluator) => {
    assert.ok(evaluator.adam, "the backend has no Adam of its own");
    return {
      evaluate: (pixels, weights) => evaluator.evaluate(pixels, weights),
      dispose: () => evaluator.dispose(),
    };
  });
}
