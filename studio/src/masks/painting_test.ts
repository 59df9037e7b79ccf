import assert from "node:assert/strict";
import fc from "fast-check";
import { History } from "./history.ts";
import { MaskPainting } from "./painting.ts";
import { MaskRaster, type Rect } from "./raster.ts";

const SIZE = { width: 40, height: 30 };
const BRUSH = { radius: 6, softness: 0.5, erases: false };

function stroke(painting: MaskPainting, ...places: readonly (readonly [number, number])[]): void {
  places.forEach(([x, y], i) => i === 0 ? painting.begin({ x, y }, BRUSH) : painting.lineTo({ x, y }));
  painting.end();
}

const places = fc.array(fc.tuple(fc.integer({ min: -9, max: 49 }), fc.integer({ min: -9, max: 39 })), { minLength: 1 });
const deeds = fc.array(
  fc.oneof(
    places.map((places) => (painting: MaskPainting) => stroke(painting, ...places)),
    fc.constant((painting: MaskPainting) => painting.invert()),
    fc.constant((painting: MaskPainting) => painting.clear()),
  ),
  { maxLength: 12 },
);

Deno.test("whatever was done is undone step by step, and done again", () => {
  fc.assert(fc.property(deeds, (deeds) => {
    const painting = new MaskPainting(SIZE);
    const states = [painting.raster.values.slice()];
    for (const deed of deeds) {
      deed(painting);
      // A stroke beside the picture is no step.
      if (painting.raster.values.some((value, i) => value !== states.at(-1)![i])) {
        states.push(painting.raster.values.slice());
      }
    }
    const last = painting.raster.values.slice();
    while (painting.canUndo) painting.undo();
    assert.ok(painting.raster.isEmpty);
    while (painting.canRedo) painting.redo();
    assert.deepEqual(painting.raster.values, last);
  }));
});

Deno.test("a stroke is one step, however many lines it has", () => {
  const painting = new MaskPainting(SIZE);
  stroke(painting, [5, 5], [10, 20], [30, 20], [35, 5]);
  const one = painting.raster.values.slice();
  stroke(painting, [20, 25]);
  painting.undo();
  assert.deepEqual(painting.raster.values, one);
  painting.undo();
  assert.ok(painting.raster.isEmpty && !painting.canUndo && painting.canRedo);
});

Deno.test("what was undone cannot be done again after a new stroke", () => {
  const painting = new MaskPainting(SIZE);
  stroke(painting, [5, 5]);
  painting.undo();
  stroke(painting, [30, 20]);
  assert.ok(!painting.canRedo);
  painting.redo();
  assert.deepEqual([painting.raster.at({ x: 5, y: 5 }), painting.raster.at({ x: 30, y: 20 })], [0, 255]);
});

Deno.test("a stroke that is taken back has never been, and those before it can be undone", () => {
  const painting = new MaskPainting(SIZE);
  stroke(painting, [5, 5]);
  const before = painting.raster.values.slice();
  painting.begin({ x: 20, y: 15 }, BRUSH);
  painting.lineTo({ x: 30, y: 15 });
  painting.takeBack();
  assert.deepEqual(painting.raster.values, before);
  assert.ok(!painting.isDrawing);
  painting.undo();
  assert.ok(painting.raster.isEmpty && !painting.canUndo);
});

Deno.test("a stroke beside the picture leaves no step", () => {
  const painting = new MaskPainting(SIZE);
  stroke(painting, [-30, -30], [-30, 60]);
  assert.ok(!painting.canUndo);
});

Deno.test("undoing ends the stroke that is being drawn, and undoes that", () => {
  const painting = new MaskPainting(SIZE);
  painting.begin({ x: 20, y: 15 }, BRUSH);
  painting.undo();
  painting.lineTo({ x: 30, y: 15 });
  assert.ok(painting.raster.isEmpty && painting.canRedo);
});

Deno.test("who watches is told of every part that changes", () => {
  const painting = new MaskPainting(SIZE);
  const shown = new MaskRaster(SIZE);
  painting.watch((rect: Rect) => shown.put(rect, painting.raster.copy(rect)));
  const same = () => assert.deepEqual(shown.values, painting.raster.values);
  for (
    const deed of [
      () => painting.load(new Uint8Array(40 * 30).fill(9)),
      () => stroke(painting, [5, 5], [20, 20]),
      () => painting.invert(),
      () => painting.undo(),
      () => painting.redo(),
      () => painting.begin({ x: 30, y: 10 }, BRUSH),
      () => painting.takeBack(),
      () => painting.clear(),
    ]
  ) {
    deed();
    same();
  }
});

Deno.test("History forgets what is oldest, and never the last step", () => {
  const mask = new MaskRaster(SIZE);
  const history = new History(mask, 2 * 40 * 30);
  for (let value = 1; value <= 5; value++) {
    history.record(mask.whole, mask.copy(mask.whole));
    mask.values.fill(value);
  }
  while (history.canUndo) history.undo();
  assert.equal(mask.values[0], 3);
  const small = new History(mask, 10);
  small.record(mask.whole, mask.copy(mask.whole));
  assert.ok(small.canUndo);
});
