import assert from "node:assert/strict";
import fc from "fast-check";
import { CONV_NAMES } from "../vgg16.ts";
import { chooseGrid, cutGrid, type TileGrid } from "./tile_grid.ts";

const layer = fc.constantFrom(...CONV_NAMES);

Deno.test("a grid's tiles cover the picture once", () => {
  const { size, tiles } = cutGrid({ width: 301, height: 170 }, 3, 2, "conv2_2");
  const seen = new Uint8Array(301 * 170);
  for (const { x, y } of tiles) {
    for (let row = y.coreStart; row < y.coreEnd; row++) {
      for (let column = x.coreStart; column < x.coreEnd; column++) seen[row * 301 + column]!++;
    }
  }
  assert.equal(tiles.length, 6);
  assert.ok(seen.every((count) => count === 1));
  assert.ok(size.width < 301 && size.height < 170);
});

Deno.test("the chosen grid's tiles fit, and there are no more of them than needed", () => {
  const side = fc.integer({ min: 32, max: 4096 });
  fc.assert(
    fc.property(side, side, layer, fc.integer({ min: 300, max: 2000 }), (width, height, layer, most) => {
      const fits = ({ size }: TileGrid) => size.width * size.height <= most * most;
      const grid = chooseGrid({ width, height }, layer, fits);
      assert.ok(grid && fits(grid));
      const whole = width * height <= most * most;
      assert.equal(grid.tiles.length === 1, whole);
    }),
    { seed: 1, numRuns: 100 },
  );
  assert.equal(chooseGrid({ width: 500, height: 500 }, "conv5_3", () => false), null);
});
