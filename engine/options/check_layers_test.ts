import assert from "node:assert/strict";
import { checkLayers } from "./check_layers.ts";
import { resolveOptions } from "./resolve.ts";
import { CONV_NAMES } from "../vgg16.ts";

const SIZE = { width: 40, height: 30 };

Deno.test("layers that the weights reach pass", () => {
  const options = resolveOptions({ preset: "GATYS" }, SIZE, 0);
  checkLayers(options, new Set(CONV_NAMES));
  checkLayers(options, new Set(CONV_NAMES.slice(0, CONV_NAMES.indexOf("conv5_1") + 1)));
  checkLayers({ ...options, styleLayers: [], contentLayers: [] }, new Set());
});

Deno.test("a layer beyond the weights is refused with its field and those that can be reached", () => {
  const options = resolveOptions({ preset: "GATYS" }, SIZE, 0);
  const refusals: [string[], string, string][] = [
    [["conv1_1", "conv1_2", "conv2_1"], "contentLayers.0.layer", "conv1_1, conv1_2, conv2_1"],
    [CONV_NAMES.filter((name) => !name.startsWith("conv5")), "styleLayers.4.layer", "conv4_3"],
    // A hole below makes everything above unreachable.
    [CONV_NAMES.filter((name) => name !== "conv2_2"), "contentLayers.0.layer", "conv1_1, conv1_2, conv2_1"],
    [[], "contentLayers.0.layer", "none"],
  ];
  for (const [available, field, reachable] of refusals) {
    assert.throws(() => checkLayers(options, new Set(available)), {
      code: "WEIGHTS_INCOMPLETE",
      field,
      message: new RegExp(`${reachable}$`),
    });
  }
});
