import assert from "node:assert/strict";
import fc from "fast-check";
import { planScale } from "./estimate.ts";
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
