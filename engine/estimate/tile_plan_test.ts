import assert from "node:assert/strict";
import fc from "fast-check";
import { planScale } from "./estimate.ts";
import { deepestLayer, largestMapBytes } from "../objective/objective.ts";
import { PRESET_NAMES } from "../options/options.ts";
import { resolveOptions } from "../options/resolve.ts";

const MEBIBYTE = 2 ** 20;

Deno.test("a plan's tiles fit, and any style picture can be cut for it", () => {
  const side = fc.integer({ min: 1, max: 4096 });
  const size = fc.record({ width: side, height: side });
  const memory = fc.integer({ min: 300, max: 3000 });
  let tiled = 0;
  fc.assert(
    fc.property(fc.constantFrom(...PRESET_NAMES), size, size, memory, (preset, content, style, mebibytes) => {
      const longest = Math.max(32, content.width, content.height);
      const options = resolveOptions({ preset, optimizer: { kind: "ADAM" }, size: longest }, content, 0);
      const { tiles, memoryBytes } = planScale(options.scales.at(-1)!, options, mebibytes * MEBIBYTE);
      if (!tiles) return;
      tiled++;
      assert.ok(memoryBytes <= mebibytes * MEBIBYTE);
      for (const { layer } of options.styleLayers) {
        const grid = tiles.cut(style, layer);
        assert.ok(grid.size.width <= style.width && grid.size.height <= style.height);
        assert.ok(grid.tiles.length >= 1);
      }
    }),
    { seed: 1, numRuns: 200 },
  );
  assert.ok(tiled > 50, `${tiled}`);
});

Deno.test("tiles hold no larger feature map than the device can, nor do those of a style picture", () => {
  const side = fc.integer({ min: 300, max: 2048 });
  const size = fc.record({ width: side, height: side });
  const limit = fc.integer({ min: 16, max: 128 });
  let tiled = 0;
  fc.assert(
    fc.property(fc.constantFrom(...PRESET_NAMES), size, size, limit, (preset, content, style, mebibytes) => {
      const options = resolveOptions({ preset, size: Math.max(content.width, content.height) }, content, 0);
      const [scale, largest] = [options.scales.at(-1)!, mebibytes * MEBIBYTE];
      const layers = [...options.contentLayers, ...options.styleLayers].map(({ layer }) => layer);
      const last = deepestLayer(layers);
      const { tiles } = planScale(scale, options, Infinity, largest);
      if (tiles === null) {
        assert.ok(largestMapBytes(scale, last) <= largest);
        return;
      }
      tiled++;
      assert.ok(largestMapBytes(tiles.grid.size, last) <= largest);
      for (const { layer } of options.styleLayers) {
        assert.ok(largestMapBytes(tiles.cut(style, layer).size, layer) <= largest);
      }
    }),
    { seed: 1, numRuns: 60 },
  );
  assert.ok(tiled > 20, `${tiled}`);
});
