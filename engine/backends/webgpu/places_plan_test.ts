import assert from "node:assert/strict";
import { formulaNoise } from "../../testing/formula.ts";
import { channelsAt } from "../../objective/neighbors.ts";
import { featureSize } from "../../objective/objective.ts";
import { placeRows, rowsToMap } from "./places_plan.ts";

const SIZE = { width: 27, height: 18 };
const PLACES = { width: 7, height: 5 };

Deno.test("a map becomes rows of places and back, and a coarser one is repeated for its places", () => {
  for (const [layer, side] of [["conv3_1", 1], ["conv4_1", 2], ["conv5_1", 4]] as const) {
    const shape = featureSize(SIZE, layer);
    const channels = channelsAt(layer);
    const own = Float32Array.from(formulaNoise(shape.width * shape.height * channels, 1));
    const rows = placeRows(rowsToMap(own, channels), shape, layer, PLACES);
    assert.equal(rows.length, PLACES.width * PLACES.height * channels);
    for (const [x, y, c] of [[0, 0, 0], [6, 4, channels - 1], [5, 1, 130], [3, 4, 7]] as const) {
      const value = own[(Math.floor(y / side) * shape.width + Math.floor(x / side)) * channels + c];
      assert.equal(rows[(y * PLACES.width + x) * channels + c], value, `${layer} at ${x}, ${y}, ${c}`);
    }
  }
});
