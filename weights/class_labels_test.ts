import assert from "node:assert/strict";
import { classLabels } from "./class_labels.ts";

Deno.test("there is a name for each of the 1000 classes", async () => {
  const labels = await classLabels();
  assert.equal(labels.length, 1000);
  assert.equal(labels[0], "tench, Tinca tinca");
  assert.match(labels[999]!, /toilet (tissue|paper)/);
  assert.ok(labels.every((label) => label.trim() === label && label !== ""));
});
