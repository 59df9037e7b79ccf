import assert from "node:assert/strict";
import { chooseTile, CONV_TILES, PLAIN_TILE, tileName } from "./conv_tile.ts";

const [, half, quarter, wide] = CONV_TILES;
const map = (width: number, height: number, channels = 64) => ({ width, height, channels });

Deno.test("without a measurement the layout is taken that computes the fewest pixels outside the picture", () => {
  const none = new Map();
  assert.deepEqual(chooseTile(map(32, 32), none), PLAIN_TILE);
  assert.deepEqual(chooseTile(map(32, 24), none), half);
  assert.deepEqual(chooseTile(map(24, 24), none), quarter);
  assert.deepEqual(chooseTile(map(32, 32, 9), none), { ...PLAIN_TILE, quads: 3 });
});

Deno.test("with one the fastest is taken for the map, of those that were measured", () => {
  const costs = new Map([[
    64,
    new Map(
      [[PLAIN_TILE, 1], [half!, 0.9], [wide!, 0.6]].map(([tile, cost]) =>
        [tileName(tile as typeof PLAIN_TILE), cost as number] as const
      ),
    ),
  ]]);
  assert.equal(chooseTile(map(32, 32), costs), wide);
  // 16 × 8 pixels of 0.9 take less than 16 × 16 of 0.6.
  assert.deepEqual(chooseTile(map(16, 8), costs), half);
  assert.deepEqual(chooseTile(map(8, 8), costs), half, "not the one that was not measured");
  assert.deepEqual(chooseTile(map(8, 8, 128), costs), quarter, "of other channels nothing was");
});

Deno.test("every layout keeps within what every device has", () => {
  assert.equal(new Set(CONV_TILES.map(tileName)).size, CONV_TILES.length);
  for (const { width, lanes, rows, each, quads } of CONV_TILES) {
    assert.ok(Number.isInteger(quads / each));
    assert.ok(width * lanes * quads / each <= 256);
    assert.ok(16 * ((width + 2) * (rows * lanes + 2) + 36 * quads) <= 16384);
  }
});
