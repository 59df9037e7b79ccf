import assert from "node:assert/strict";
import fc from "fast-check";
import { CONV_NAMES } from "../vgg16.ts";
import { chooseGrid, cutAxis, cutGrid, marginOf, strideOf, type TileGrid } from "./tile_grid.ts";

const layer = fc.constantFrom(...CONV_NAMES);

Deno.test("margins are the receptive field's radius, rounded up to the stride", () => {
  const margins = Object.fromEntries(CONV_NAMES.map((name) => [name, marginOf(name)]));
  assert.deepEqual(margins, {
    ...{ conv1_1: 1, conv1_2: 2, conv2_1: 4, conv2_2: 6, conv3_1: 12, conv3_2: 16, conv3_3: 20 },
    ...{ conv4_1: 32, conv4_2: 40, conv4_3: 48, conv5_1: 64, conv5_2: 80, conv5_3: 96 },
  });
  assert.deepEqual(CONV_NAMES.map(strideOf), [1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16]);
});

Deno.test("cores cover an axis once, aligned, with a margin around each that lies in its tile", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 40 }), layer, (length, count, layer) => {
      const [stride, margin] = [strideOf(layer), marginOf(layer)];
      const axis = cutAxis(length, count, layer);
      assert.ok(axis.spans.length <= count);
      let covered = 0;
      for (const { start, coreStart, coreEnd } of axis.spans) {
        assert.equal(coreStart, covered);
        assert.ok(coreEnd > coreStart);
        covered = coreEnd;
        const end = start + axis.length;
        assert.ok(start >= 0 && end <= length);
        assert.equal(start % stride, 0);
        assert.equal(coreStart % stride, 0);
        assert.ok(start === 0 || coreStart - start >= margin);
        assert.ok(end === length || (end - coreEnd >= margin && coreEnd % stride === 0));
      }
      assert.equal(covered, length);
    }),
    { seed: 1, numRuns: 1000 },
  );
});

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
