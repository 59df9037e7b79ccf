import assert from "node:assert/strict";
import fc from "fast-check";
import { LARGEST_ZOOM, panBy, transformOf, type View, WHOLE, zoomBy } from "./zoom.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const factor = fc.double({ min: 0.1, max: 10, noNaN: true });

/** Where in the picture that lies which is seen at a place of the cell. */
function seenAt({ zoom, x, y }: View, at: { x: number; y: number }) {
  return { x: x + (at.x - 0.5) / zoom, y: y + (at.y - 0.5) / zoom };
}

Deno.test("zoomBy() leaves what lies under the pointer where it is", () => {
  fc.assert(fc.property(share, share, fc.double({ min: 1, max: 10, noNaN: true }), (x, y, factor) => {
    const near = zoomBy(WHOLE, factor, { x, y });
    assert.ok(Math.abs(seenAt(near, { x, y }).x - x) < 1e-9);
    assert.ok(Math.abs(seenAt(near, { x, y }).y - y) < 1e-9);
  }));
});

Deno.test("zooming and moving never shows what is beside the picture, and ends at the whole and at the largest", () => {
  const moves = fc.array(fc.tuple(share, share, factor, fc.double({ min: -2, max: 2, noNaN: true })));
  fc.assert(fc.property(moves, (moves) => {
    let view = WHOLE;
    for (const [x, y, factor, by] of moves) {
      view = panBy(zoomBy(view, factor, { x, y }), by, -by);
      assert.ok(view.zoom >= 1 && view.zoom <= LARGEST_ZOOM);
      for (const corner of [{ x: 0, y: 0 }, { x: 1, y: 1 }]) {
        const { x, y } = seenAt(view, corner);
        assert.ok(x > -1e-9 && x < 1 + 1e-9 && y > -1e-9 && y < 1 + 1e-9, `${x}, ${y}`);
      }
    }
    assert.deepEqual(zoomBy(view, 0), WHOLE);
  }));
});

Deno.test("transformOf() puts the middle of the view into the middle of the cell", () => {
  assert.equal(transformOf(WHOLE), "translate(0%, 0%) scale(1)");
  assert.equal(transformOf({ zoom: 2, x: 0.25, y: 0.75 }), "translate(0%, -100%) scale(2)");
});
