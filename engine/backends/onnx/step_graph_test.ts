import assert from "node:assert/strict";
import type { Objective } from "../../objective/objective.ts";
import { CONV_NAMES } from "../../vgg16.ts";
import { kernelInput } from "./network.ts";
import { PlanarLayout } from "./planar_layout.ts";
import { buildStepGraph } from "./step_graph.ts";

Deno.test("a step's graph ends at the deepest layer of its terms", () => {
  for (const deepest of ["conv1_1", "conv3_2"]) {
    const objective: Objective = {
      size: { width: 32, height: 32 },
      terms: [{ kind: "style", layer: deepest, mask: null }, { kind: "content", layer: "conv1_1", mask: null }],
      masks: [],
      pooling: "MAX",
      normalizeGradients: false,
    };
    const model = buildStepGraph(objective, new PlanarLayout(), { areas: [1, 1], tile: false }).toBytes();
    const text = new TextDecoder("latin1").decode(model);
    const found = CONV_NAMES.filter((layer) => text.includes(kernelInput(layer)));
    assert.deepEqual(found, CONV_NAMES.slice(0, CONV_NAMES.indexOf(deepest) + 1));
  }
});
