import assert from "node:assert/strict";
import { DEFAULT_PRECISION } from "../../precision.ts";
import { openRuntime } from "../runtime.ts";

Deno.test("TensorFlow says its own version beside the package's, and on what it computes", async () => {
  const { info } = await openRuntime(DEFAULT_PRECISION);
  assert.equal(info.backend, "tensorflow");
  assert.match(info.device, /^(cpu|cuda)$/);
  assert.equal(info.precision, info.device === "cuda" ? "tf32" : "float32");
  assert.match(info.version, /^4\.22\.0 \(TensorFlow \d+\.\d+\.\d+\)$/);
});

Deno.test("TensorFlow is loaded once for all who open it", async () => {
  assert.equal(await openRuntime("float32"), await openRuntime("float16"));
});
