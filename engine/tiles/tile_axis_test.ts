import assert from "node:assert/strict";
import fc from "fast-check";
import { CONV_NAMES } from "../vgg16.ts";
import { marginOf, strideOf } from "./receptive_field.ts";
import { cutAxis } from "./tile_axis.ts";

const layer = fc.constantFrom(...CONV_NAMES);

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
