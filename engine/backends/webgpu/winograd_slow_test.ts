import assert from "node:assert/strict";
import type { Term } from "../../objective/objective.ts";
import { relativeDistance } from "../../testing/distance.ts";
import { formulaParameters, formulaPixels } from "../../testing/formula.ts";
import type { Device } from "./device.ts";
import { PICTURE } from "./network_plan.ts";
import { DeviceParameters } from "./parameters.ts";
import { Program } from "./program.ts";
import { planStep } from "./step_plan.ts";
import { FACTORS, SUMS } from "./term_plan.ts";
import { testOnDevice } from "./testing/device.ts";

/** A step's sums and gradient through Winograd's convolution, where it may be, and through the plain one. */
async function bothWays(device: Device, terms: readonly Term[], size: { width: number; height: number }, last: string) {
  const parameters = new DeviceParameters(device, formulaParameters(last));
  const options = { terms, areas: terms.map(() => 1), normalize: false, whitened: () => false, moments: false };
  const results: (readonly [sums: Float32Array, gradient: Float32Array, kernels: readonly string[]])[] = [];
  for (const winograd of [true, false]) {
    const network = { size, pooling: "MAX", mean: parameters.mean } as const;
    const { plan, gradient } = planStep(network, options, () => winograd);
    const program = await Program.create(device, plan, (buffer) => parameters.get(buffer));
    program.write(PICTURE, formulaPixels(size.width, size.height, 1));
    program.write(FACTORS, Float32Array.from(terms, (_, i) => i + 1));
    const [sums, found] = await program.run([
      program.reading(SUMS, terms.length),
      program.reading(gradient.buffer.name, 4 * size.width * size.height),
    ]);
    const through = plan.dispatches.filter(({ kernel }) => kernel === "winograd_product");
    results.push([sums!, found!, through.map(({ buffers }) => buffers["weights"]!.name)]);
    program.dispose();
  }
  return results as [typeof results[0], typeof results[0]];
}

testOnDevice(
  "a gradient that goes back through Winograd's convolution is that through the plain one",
  async (device) => {
    // Gradients join others, behind a ReLU and behind a pool.
    const terms = ["conv1_2", "conv2_1", "conv3_2"].map((layer): Term => ({ kind: "content", layer, mask: null }));
    const [through, plain] = await bothWays(device, terms, { width: 21, height: 18 }, "conv3_2");
    assert.deepEqual(through[2].map((name) => name.split(".")[1]), Array(5).fill("winogradGradient"));
    assert.deepEqual(plain[2], []);
    assert.ok(plain[1].some((value) => value !== 0));
    const distance = relativeDistance(through[1], plain[1]);
    assert.ok(distance < 1e-5, `relative distance ${distance}`);
    assert.deepEqual(through[0], plain[0]);
  },
);

testOnDevice(
  "a step that goes forward through Winograd's convolution behind the last pool is that through the plain one",
  async (device) => {
    const terms: Term[] = [
      { kind: "content", layer: "conv2_1", mask: null },
      { kind: "style", layer: "conv3_2", mask: null },
    ];
    const [through, plain] = await bothWays(device, terms, { width: 43, height: 30 }, "conv3_2");
    assert.deepEqual(through[2].slice(0, 2), ["conv3_1.winogradKernel", "conv3_2.winogradKernel"]);
    assert.deepEqual(plain[2], []);
    for (const [i, what] of ["sums", "gradients"].entries()) {
      const distance = relativeDistance(through[i as 0 | 1], plain[i as 0 | 1]);
      assert.ok(distance > 0 && distance < 1e-5, `${what}: relative distance ${distance}`);
    }
  },
);
