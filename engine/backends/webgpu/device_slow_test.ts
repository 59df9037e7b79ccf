import assert from "node:assert/strict";
import { formulaParameters, formulaPixels } from "../../testing/formula.ts";
import type { Device } from "./device.ts";
import { WebgpuEvaluator } from "./evaluator.ts";
import { difference } from "./kernels/difference.ts";
import { DeviceParameters } from "./parameters.ts";
import { Plan } from "./plan.ts";
import { Program } from "./program.ts";
import { testOnDevice } from "./testing/device.ts";

const SIZE = { width: 9, height: 8 };
const PIXELS = formulaPixels(SIZE.width, SIZE.height, 1);

function compile(device: Device): Promise<WebgpuEvaluator> {
  const parameters = new DeviceParameters(device, formulaParameters("conv1_1"));
  const terms = [{ kind: "content", layer: "conv1_1", mask: null }] as const;
  const objective = { size: SIZE, terms, masks: [], pooling: "MAX", normalizeGradients: false } as const;
  return WebgpuEvaluator.create(device, parameters, objective, [new Float32Array(64 * 72)]);
}

testOnDevice("what is asked for after a device was lost is refused, and nothing waits for it", async (device) => {
  const evaluator = await compile(device);
  const { losses } = await evaluator.evaluate(PIXELS, [1]);
  assert.ok(losses[0]! > 0);
  const underWay = evaluator.evaluate(PIXELS, [1]);
  device.gpu.destroy();
  await Promise.allSettled([underWay]);
  await assert.rejects(evaluator.evaluate(PIXELS, [1]), /^Error: Cannot compute: the GPU was lost \(/);
});

testOnDevice("a device with timestamps tells how long each call took, of a run like any other", async (device) => {
  if (!device.hasTimestamps) return;
  const plan = new Plan();
  const [a, b, c] = [plan.buffer("a", 3000), plan.buffer("b", 3000), plan.buffer("c", 3000)];
  plan.add(difference(a, b, c, 3000), difference(c, b, a, 3000));
  const program = await Program.create(device, plan, () => assert.fail());
  program.write("a", new Float32Array(3000).fill(5));
  program.write("b", new Float32Array(3000).fill(2));
  const times = await program.time();
  assert.equal(times.length, 2);
  for (const time of times) assert.ok(Number.isSafeInteger(time) && time >= 0, `${times}`);
  const [values] = await program.run([program.reading("a", 3000)]);
  assert.ok(values!.every((value) => value === 5 - 4 * 2), `${values!.slice(0, 3)}`);
  program.dispose();
});

testOnDevice("a picture that no buffer holds is refused with what would fit", async (device) => {
  const plan = new Plan();
  plan.buffer("map", device.largestBuffer / 4 + 1);
  await assert.rejects(Program.create(device, plan, () => assert.fail()), {
    code: "TOO_LARGE",
    message: /^Cannot compute on this GPU: a layer takes \d+ MiB, wanted at most \d+ MiB: choose a smaller size$/,
  });
});

testOnDevice("a kernel that does not compile is told by its line", async (device) => {
  const plan = new Plan();
  const work = { flops: 0, bytes: 0 };
  const variant = { constants: { SIDE: 1 }, flags: [] };
  plan.add({ kernel: "bad", source: "\nfn x(", variant, numbers: [], buffers: {}, workgroups: [1, 1, 1], work });
  await assert.rejects(Program.create(device, plan, () => assert.fail()), /Cannot compile kernel bad, line 3: /);
});
