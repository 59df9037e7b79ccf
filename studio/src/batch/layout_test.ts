import assert from "node:assert/strict";
import fc from "fast-check";
import { layOut, variationName } from "./layout.ts";

const texts = (lines: readonly { readonly text: string | null }[]) => lines.map(({ text }) => text);

Deno.test("layOut() has the contents below each other and the styles beside each other", () => {
  const { rows, columns, placeAt } = layOut({ contents: 2, styles: 3, variations: [null] });
  assert.deepEqual(rows.map(({ content }) => content), [0, 1]);
  assert.deepEqual(columns.map(({ style }) => style), [0, 1, 2]);
  assert.deepEqual([...texts(rows), ...texts(columns)], [null, null, null, null, null]);
  assert.deepEqual(placeAt(1, 2), { content: 1, style: 2, variation: 0 });
});

Deno.test("layOut() has two axes beside and below each other, by the names of the variations", () => {
  const variations = ["Seed 1", "Seed 2"].flatMap((seed) =>
    ["Size 64", "Size 128", "Size 256"].map((size) => variationName([seed, size]))
  );
  const one = layOut({ contents: 1, styles: 1, variations });
  assert.deepEqual(texts(one.rows), ["Size 64", "Size 128", "Size 256"]);
  assert.deepEqual(texts(one.columns), ["Seed 1", "Seed 2"]);
  assert.equal(variations[one.placeAt(2, 1).variation], variationName(["Seed 2", "Size 256"]));
});

Deno.test("layOut() has one axis where there is room for it, and any other variations along one", () => {
  assert.deepEqual(texts(layOut({ contents: 1, styles: 2, variations: ["a", "b"] }).rows), ["a", "b"]);
  assert.deepEqual(texts(layOut({ contents: 3, styles: 1, variations: ["a", "b"] }).columns), ["a", "b"]);
  assert.deepEqual(texts(layOut({ contents: 1, styles: 1, variations: [null, null] }).columns), [
    "Variation 1",
    "Variation 2",
  ]);
  const uneven = ["a · x", "a · y", "b · x"];
  assert.deepEqual(texts(layOut({ contents: 1, styles: 1, variations: uneven }).columns), uneven);
});

Deno.test("layOut() has a place for every painting, and each once", () => {
  const count = fc.integer({ min: 1, max: 4 });
  fc.assert(fc.property(count, count, count, count, (contents, styles, first, second) => {
    const names = Array.from(
      { length: first * second },
      (_, i) => variationName([`a${Math.floor(i / second)}`, `b${i % second}`]),
    );
    const { rows, columns, placeAt } = layOut({ contents, styles, variations: names });
    const places = rows.flatMap((row, i) =>
      columns.map((column, j) => {
        const place = placeAt(i, j);
        assert.equal(place.content, row.content);
        assert.equal(place.style, column.style);
        return JSON.stringify(place);
      })
    );
    assert.equal(new Set(places).size, contents * styles * first * second);
  }));
});
