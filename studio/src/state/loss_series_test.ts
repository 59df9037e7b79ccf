import assert from "node:assert/strict";
import { LossSeries } from "./loss_series.ts";

Deno.test("LossSeries keeps steps in order, each once, whatever the order in which they come", () => {
  const series = new LossSeries();
  series.add(5, { total: 5, content: 50 });
  series.add(5, { total: -1, content: -1 });
  series.add(3, { total: 3, content: 30 });
  series.merge([{ step: 1, total: 1, content: 10 }, { step: 5, total: 9, content: 9 }, {
    step: 7,
    total: 7,
    content: 70,
  }]);
  assert.deepEqual(series.steps, [1, 5, 7]);
  assert.deepEqual(series.column("total"), [1, 5, 7]);
  assert.deepEqual(series.column("content"), [10, 50, 70]);
  assert.equal(series.last("total"), 7);
});

Deno.test("LossSeries leaves a gap where a logarithm has no value", () => {
  const series = new LossSeries();
  series.add(1, { total: 2, content: 0 });
  series.merge([{ step: 2, total: 1, content: 3 }]);
  assert.deepEqual(series.column("content"), [null, 3]);
  assert.deepEqual(series.column("unknown"), [null, null]);
});

Deno.test("LossSeries gives a column that comes later gaps before it", () => {
  const series = new LossSeries();
  series.add(1, { total: 2 });
  series.add(2, { total: 1, "style conv1_1": 4 });
  assert.deepEqual(series.column("style conv1_1"), [null, 4]);
  assert.deepEqual(series.names, ["total", "style conv1_1"]);
});

Deno.test("LossSeries tells of a change only when there is one", () => {
  const series = new LossSeries();
  series.add(1, { total: 2 });
  const before = series.version.value;
  series.add(1, { total: 3 });
  series.merge([{ step: 1, total: 3 }]);
  assert.equal(series.version.value, before);
});
