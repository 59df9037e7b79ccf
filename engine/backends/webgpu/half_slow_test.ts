import assert from "node:assert/strict";
import { decodeFloats, NEIGHBOR_CASES, OBJECTIVE_CASES } from "../../conformance/cases.ts";
import { evaluateCase } from "../../conformance/conformance.ts";
import { relativeDistance } from "../../testing/distance.ts";
import { formulaParameters } from "../../testing/formula.ts";
import { PRECISIONS } from "../precision.ts";
import { WebgpuBackend } from "./backend.ts";
import { pool } from "./kernels/pool.ts";
import { mapOf } from "./network_plan.ts";
import { Plan } from "./plan.ts";
import { Program } from "./program.ts";
import { NO_ADAPTER, testOnDevice } from "./testing/device.ts";

/** Cases of the conformance suite in which every kernel takes part that reads or writes features. */
const CASES = [
  "all terms at two layers",
  "average pooling at 24x16",
  "masks with normalised gradients",
  "moments at conv2_2",
  NEIGHBOR_CASES[0]!.name,
  "neighbours under masks",
];

Deno.test({
  name: "with features of 16 bits losses and gradients are PyTorch's, within what rounding makes of them",
  ignore: NO_ADAPTER !== null,
  fn: async (t) => {
    const backend = await WebgpuBackend.open(formulaParameters(), { precision: "float16" });
    const cases = [...OBJECTIVE_CASES, ...NEIGHBOR_CASES].filter(({ name }) => CASES.includes(name));
    assert.equal(cases.length, CASES.length);
    for (const golden of cases) {
      await t.step(golden.name, async () => {
        const { losses, gradient } = await evaluateCase(backend, golden);
        const error = Math.max(...golden.losses.map((wanted, i) => Math.abs(losses[i]! / wanted - 1)));
        assert.ok(error < 2e-3, `losses: relative error ${error}`);
        const distance = relativeDistance(gradient, decodeFloats(golden.gradient));
        // They are rounded: to float32's tolerance they would not be.
        assert.ok(distance > 1e-4 && distance < 2e-3 + 2 * golden.rounding, `gradient: relative distance ${distance}`);
      });
    }
    await backend.close();
  },
});

Deno.test({
  name: "features have 16 bits where float16 is allowed, and nowhere else",
  ignore: NO_ADAPTER !== null,
  fn: async () => {
    const found: string[] = [];
    for (const precision of PRECISIONS) {
      const backend = await WebgpuBackend.open(formulaParameters("conv1_1"), { precision });
      found.push(backend.info.precision);
      await backend.close();
    }
    assert.deepEqual(found, ["float32", "float32", "float16"]);
  },
});

testOnDevice("a feature that 16 bits cannot hold is held as the largest", async (device) => {
  const plan = new Plan();
  const shape = { width: 1, height: 1, channels: 4 };
  const [from, to] = [mapOf(plan, "from", shape), mapOf(plan, "to", shape, true)];
  plan.add(pool(from, to, "MAX"));
  const program = await Program.create(device, plan);
  program.write("from", Float32Array.of(1e9, -1e9, 64 * 65504, 0.125));
  const [found] = await program.run([program.reading("to", 4)]);
  program.dispose();
  assert.deepEqual([...found!], [64 * 65504, -64 * 65504, 64 * 65504, 0.125]);
});
