import assert from "node:assert/strict";
import { bindingNumbers, composeWgsl } from "./wgsl.ts";

const SOURCE = `@group(0) @binding(0) var<uniform> numbers: u32;
//if MASK
@group(0) @binding(3) var<storage, read> mask: array<f32>;
//end
@group(0) @binding(1) var<storage, read_write> y: array<f32>;`;

Deno.test("a kernel's variant has its constants in front and the blocks of its flags", () => {
  const [plain, masked] = [[], ["MASK"]].map((flags) => composeWgsl(SOURCE, { constants: { THREADS: 64 }, flags }));
  assert.match(plain!, /^const THREADS = 64u;\n@group/);
  assert.doesNotMatch(plain!, /mask/);
  assert.deepEqual([...bindingNumbers(plain!)], [["numbers", 0], ["y", 1]]);
  assert.deepEqual([...bindingNumbers(masked!)], [["numbers", 0], ["mask", 3], ["y", 1]]);
  assert.doesNotMatch(masked!, /\/\//);
});
