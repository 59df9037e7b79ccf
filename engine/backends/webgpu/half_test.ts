import assert from "node:assert/strict";
import { halveVariables, widen } from "./half.ts";

const PROGRAM = `@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<storage, read> max_x: array<vec4f>;
@group(0) @binding(4) var<storage, read> mask: array<f32>;
fn main() {
  let here = x[at[0] + 1u];
  y[i] = max(x[i], max_x[i]) + y[2u * i];
  given.x[0] = mask[i];
}`;

Deno.test("a program widens what it reads of 16 bits and narrows what it writes, and leaves all else", () => {
  const halved = halveVariables(PROGRAM, ["x", "y", "mask"]);
  assert.equal(
    halved.slice(halved.indexOf("@group")),
    `@group(0) @binding(1) var<storage, read> x: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> y: array<vec2u>;
@group(0) @binding(3) var<storage, read> max_x: array<vec4f>;
@group(0) @binding(4) var<storage, read> mask: array<f32>;
fn main() {
  let here = wide(x[at[0] + 1u]);
  y[i] = narrow(max(wide(x[i]), max_x[i]) + wide(y[2u * i]));
  given.x[0] = mask[i];
}`,
  );
  assert.match(halved, /fn wide\(/);
  assert.equal(halveVariables(PROGRAM, []), PROGRAM);
});

Deno.test("values of 16 bits are read as they are held: 64 times smaller", () => {
  const halves = Float16Array.of(1, -2, 65504, 2 ** -24);
  assert.deepEqual(widen(new Float32Array(halves.buffer)), Float32Array.of(64, -128, 64 * 65504, 2 ** -18));
});
