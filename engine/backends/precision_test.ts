import assert from "node:assert/strict";
import { setCudaPrecision, TF32_SWITCH } from "./precision.ts";

Deno.test("float32 forbids TF32 to NVIDIA's libraries; what forbids it already is left alone", () => {
  const before = Deno.env.get(TF32_SWITCH);
  try {
    Deno.env.delete(TF32_SWITCH);
    for (const allowed of ["tf32", "float16"] as const) assert.equal(setCudaPrecision(allowed), "tf32");
    assert.equal(Deno.env.get(TF32_SWITCH), undefined);
    assert.equal(setCudaPrecision("float32"), "float32");
    assert.equal(Deno.env.get(TF32_SWITCH), "0");
    assert.equal(setCudaPrecision("tf32"), "float32");
  } finally {
    if (before === undefined) Deno.env.delete(TF32_SWITCH);
    else Deno.env.set(TF32_SWITCH, before);
  }
});
