import assert from "node:assert/strict";
import { CONV_TILES, type ConvTile, PLAIN_TILE, tileName } from "./kernels/conv_tile.ts";
import { measuredTiles } from "./measured_tiles.ts";
import { testOnDevice } from "./testing/device.ts";
import { type TileTrials, tryTiles } from "./tile_trials.ts";

const NOTHING: TileTrials = { tried: new Set(), costs: new Map() };
/** Half of its quads are left out; and more invocations than a workgroup may have. */
const WRONG: ConvTile = { ...PLAIN_TILE, width: 8, each: 2, quads: 3 };
const TOO_LARGE: ConvTile = { ...PLAIN_TILE, width: 64, lanes: 8 };

testOnDevice("a layout is taken only if it compiles and gives the plain one's bytes", async (device) => {
  if (!device.hasTimestamps) return;
  const right = CONV_TILES[3]!;
  const tiles = [WRONG, TOO_LARGE, PLAIN_TILE, right];
  const seen: string[][] = [];
  let known = NOTHING;
  const options = { half: true, tiles, milliseconds: Infinity };
  for await (known of tryTiles(device, NOTHING, options)) seen.push([...known.tried]);
  const names = [PLAIN_TILE, WRONG, TOO_LARGE, right].map(tileName);
  // Each is told before its trial.
  assert.deepEqual(seen, [names.slice(0, 2), names.slice(0, 3), names, names]);
  for (const byName of known.costs.values()) {
    assert.deepEqual([...byName.keys()], [tileName(PLAIN_TILE), tileName(right)]);
    for (const cost of byName.values()) assert.ok(cost > 0 && cost < Infinity, `${cost}`);
  }
});

testOnDevice(
  "without time those that may be taken without a measurement are, and no trial is made again",
  async (device) => {
    const texts: string[] = [];
    for (let start = 0; start < 2; start++) {
      const measurements = { kept: texts.at(-1) ?? "", keep: (text: string) => void texts.push(text) };
      const without = (before: TileTrials) => tryTiles(device, before, { milliseconds: 0 });
      const costs = await measuredTiles({ device: device.identity, precision: "float32" }, measurements, without);
      const [plain, half, quarter] = CONV_TILES.map(tileName);
      assert.deepEqual([...costs.get(512)!], [[plain, 1], [half, 1], [quarter, 1]]);
    }
    assert.equal(texts.length, 1);
  },
);

testOnDevice("a layout that loses the device ends the trials, which go on without it", async (device) => {
  if (!device.hasTimestamps) return;
  const names = CONV_TILES.map(tileName);
  let known = NOTHING;
  for await (known of tryTiles(device, NOTHING, { milliseconds: Infinity })) device.gpu.destroy();
  assert.deepEqual([...known.tried], names.slice(0, 2));
  assert.ok(!known.costs.get(64)!.has(names[1]!));
});
