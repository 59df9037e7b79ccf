import assert from "node:assert/strict";
import { CONV_TILES, PLAIN_TILE, tileName } from "./kernels/conv_tile.ts";
import { measuredTiles } from "./measured_tiles.ts";
import type { TileTrials } from "./tile_trials.ts";

const NAMES = CONV_TILES.map(tileName);

/** A server's file, and a GPU that takes 0.5 of the plain layout's time in every other. */
class Stage {
  kept = "";
  /** Names of layouts that were tried, in their order. */
  readonly trials: string[] = [];

  /** @param lostBy The layout whose trial ends the process. */
  start(device = "a GPU", lostBy?: string) {
    const { trials } = this;
    async function* tryTiles({ tried: before, costs }: TileTrials) {
      const [tried, found] = [new Set(before), new Map([[64, new Map([...costs.get(64) ?? [], [NAMES[0]!, 1]])]])];
      for (const name of NAMES.filter((name) => !tried.has(name))) {
        tried.add(name);
        yield { tried, costs: found };
        trials.push(name);
        if (name === lostBy) throw new Error("the process ends");
        found.get(64)!.set(name, 0.5);
      }
      yield { tried, costs: found };
    }
    const keep = (text: string) => void (this.kept = text);
    return measuredTiles({ device, precision: "float32" }, { kept: this.kept, keep }, tryTiles);
  }
}

Deno.test("what was measured of a GPU is kept, and not measured again", async () => {
  const stage = new Stage();
  const costs = await stage.start();
  assert.deepEqual(stage.trials, NAMES);
  assert.deepEqual(await stage.start(), costs);
  assert.deepEqual(stage.trials, NAMES);
});

Deno.test("a layout whose trial ended the process is neither tried again nor taken, and those behind it are tried", async () => {
  const stage = new Stage();
  await stage.start("a GPU", NAMES[2]);
  const costs = await stage.start();
  assert.deepEqual(stage.trials, NAMES);
  assert.deepEqual([...costs.get(64)!.keys()].sort(), NAMES.filter((name) => name !== NAMES[2]).sort());
});

Deno.test("what was measured of another GPU, by another Deno or of other kernels counts for nothing, nor does what is damaged", async () => {
  const foreign = (change: (kept: Record<string, unknown>) => unknown) => (text: string) =>
    JSON.stringify(change(JSON.parse(text)));
  const changes: ((text: string) => string)[] = [
    foreign((kept) => ({ ...kept, device: "another GPU" })),
    foreign((kept) => ({ ...kept, precision: "float16" })),
    foreign((kept) => ({ ...kept, deno: "0.0.0" })),
    foreign((kept) => ({ ...kept, kernels: "0" })),
    foreign((kept) => ({ ...kept, costs: { 64: { [tileName(PLAIN_TILE)]: "1" } } })),
    foreign((kept) => ({ ...kept, costs: { 64: {} } })),
    foreign((kept) => ({ ...kept, costs: null })),
    foreign((kept) => ({ ...kept, tried: 1 })),
    foreign(() => null),
    (text) => text.slice(0, -9),
    () => "",
  ];
  for (const change of changes) {
    const stage = new Stage();
    const costs = await stage.start();
    stage.kept = change(stage.kept);
    assert.deepEqual(await stage.start(), costs);
    assert.deepEqual(stage.trials, [...NAMES, ...NAMES], `${change(stage.kept)}`);
  }
});
