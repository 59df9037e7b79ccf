import assert from "node:assert/strict";
import type { Term } from "../../objective/objective.ts";
import { relativeDistance } from "../../testing/distance.ts";
import { formulaParameters, formulaPixels } from "../../testing/formula.ts";
import { PICTURE } from "./network_plan.ts";
import { DeviceParameters } from "./parameters.ts";
import { Program } from "./program.ts";
import { planStep } from "./step_plan.ts";
import { FACTORS } from "./term_plan.ts";
import { testOnDevice } from "./testing/device.ts";

testOnDevice(
  "a gradient that goes back through Winograd's convolution is that through the plain one",
  async (device) => {
    const parameters = new DeviceParameters(device, formulaParameters("conv3_2"));
    const size = { width: 21, height: 18 };
    // Gradients join others, behind a ReLU and behind a pool.
    const terms = ["conv1_2", "conv2_1", "conv3_2"].map((layer): Term => ({ kind: "content", layer, mask: null }));
    const options = { terms, areas: [1, 1, 1], normalize: false, whitened: () => false, moments: false };
    const gradients: Float32Array[] = [];
    for (const winograd of [true, false]) {
      const network = { size, pooling: "MAX", mean: parameters.mean } as const;
      const { plan, gradient } = planStep(network, options, () => winograd);
      assert.equal(plan.dispatches.some(({ kernel }) => kernel === "winograd_product"), winograd);
      const program = await Program.create(device, plan, (buffer) => parameters.get(buffer));
      program.write(PICTURE, formulaPixels(size.width, size.height, 1));
      program.write(FACTORS, Float32Array.of(1, 2, 3));
      const [found] = await program.run([program.reading(gradient.buffer.name, 4 * size.width * size.height)]);
      gradients.push(found!);
      program.dispose();
    }
    assert.ok(gradients[1]!.some((value) => value !== 0));
    const distance = relativeDistance(gradients[0]!, gradients[1]!);
    assert.ok(distance < 1e-5, `relative distance ${distance}`);
  },
);
