import assert from "node:assert/strict";
import type { DeviceOptimizer } from "../../engine/backends/device_optimizer.ts";
import { OnnxBackend } from "../../engine/backends/onnx/backend.ts";
import { formulaParameters } from "../../engine/testing/formula.ts";
import { withEvaluators } from "../../engine/testing/tampered_backend.ts";
import { ChildRun } from "./child_run.ts";
import type { Report } from "./messages.ts";
import { smallJob } from "./testing/supervisor_stage.ts";

Deno.test("steps are taken together up to the next frame or retuning, and each is reported", async () => {
  const engine = await OnnxBackend.open(formulaParameters("conv1_1"));
  /** How many steps were taken when the picture was looked at, or weights changed. */
  const looks: number[] = [];
  const taken: number[] = [];
  const device = withEvaluators(engine, (evaluator) => ({
    evaluate: () => assert.fail("evaluated here"),
    adam: (_options, { arrays: { pixels } }) => {
      const steps = (most: number) => {
        taken.push(most);
        return Array.from({ length: most }, () => ({ losses: Float64Array.of(1, 1), tv: 0, finite: true }));
      };
      return Promise.resolve<DeviceOptimizer>({
        step: () => Promise.resolve(steps(1)[0]!),
        steps: (most) => Promise.resolve(steps(most)),
        objectiveChanged: () => void looks.push(sum(taken)),
        pixels: () => {
          looks.push(sum(taken));
          return Promise.resolve(pixels!);
        },
        state: () =>
          Promise.resolve({ numbers: { step: 12 }, arrays: { pixels: pixels!, first: pixels!, second: pixels! } }),
        dispose: () => {},
      });
    },
    dispose: () => evaluator.dispose(),
  }));
  const job = await smallJob({
    scales: [{ size: 32, steps: 12 }],
    optimizer: { kind: "ADAM" },
    contentLayers: [{ layer: "conv1_1" }],
    styleLayers: [{ layer: "conv1_1" }],
    frameEvery: 5,
    averaging: 0,
    paletteWeight: 0,
  });
  const tuning = { afterStep: 7, learningRate: 1, contentWeight: 1, styleWeight: 2, tvWeight: 0 };
  const reports: Report[] = [];
  await new ChildRun({ ...job, tunings: [tuning] }, 1000, Infinity, (report) => reports.push(report)).run(device);
  await engine.close();
  assert.deepEqual(looks, [5, 7, 10, 12]);
  const steps = reports.flatMap((report) => report.kind === "step" ? [[report.step, report.size.width > 0]] : []);
  assert.deepEqual(steps, Array.from({ length: 12 }, (_, i) => [i + 1, [5, 10, 12].includes(i + 1)]));
});

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
