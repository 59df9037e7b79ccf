import assert from "node:assert/strict";
import { CONV_NAMES } from "../vgg16.ts";
import { marginOf, strideOf } from "./receptive_field.ts";

Deno.test("margins are the receptive field's radius, rounded up to the stride", () => {
  const margins = Object.fromEntries(CONV_NAMES.map((name) => [name, marginOf(name)]));
  assert.deepEqual(margins, {
    ...{ conv1_1: 1, conv1_2: 2, conv2_1: 4, conv2_2: 6, conv3_1: 12, conv3_2: 16, conv3_3: 20 },
    ...{ conv4_1: 32, conv4_2: 40, conv4_3: 48, conv5_1: 64, conv5_2: 80, conv5_3: 96 },
  });
  assert.deepEqual(CONV_NAMES.map(strideOf), [1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16]);
});
