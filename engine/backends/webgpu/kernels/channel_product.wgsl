// The product of a matrix with the channels of each pixel, or of several planes' matrices with their own.
//
// A workgroup computes PIXELS pixels of QUADS quads. It takes STEP quads of the values at a time into workgroup memory, and
// the part of the matrix that belongs to them; an invocation computes EACH pixels of one quad. A kernel has `area`, `quads`,
// `in_quads` and `each` in its `Numbers`, and says where values and factors come from, and what becomes of the sums. `accumulate.wgsl` is a
// part of it.

const LANES = 16u;
const EACH = 8u;
const PIXELS = LANES * EACH;
const QUADS = 8u;
const STEP = 4u;
const THREADS = LANES * QUADS;

var<workgroup> values: array<vec4f, STEP * PIXELS>;
var<workgroup> matrix_part: array<vec4f, 4u * STEP * QUADS>;

@compute @workgroup_size(LANES, QUADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first_quad = group.x * QUADS;
  let first_pixel = group.y * PIXELS;
  var a0 = vec4f();
  var a1 = vec4f();
  var a2 = vec4f();
  var a3 = vec4f();
  var a4 = vec4f();
  var a5 = vec4f();
  var a6 = vec4f();
  var a7 = vec4f();
  for (var base = 0u; base < numbers.in_quads; base += STEP) {
    for (var i = index; i < STEP * PIXELS; i += THREADS) {
      let quad = base + i / PIXELS;
      let pixel = first_pixel + i % PIXELS;
      var value = vec4f();
      if (quad < numbers.in_quads && pixel < numbers.area) {
        value = value_at(group.z, quad, pixel);
      }
      values[i] = value;
    }
    for (var i = index; i < 4u * STEP * QUADS; i += THREADS) {
      let row = 4u * base + i / QUADS;
      let quad = first_quad + i % QUADS;
      var value = vec4f();
      if (row < 4u * numbers.in_quads && quad < numbers.quads) {
        value = factors_at(group.z, row, quad);
      }
      matrix_part[i] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < STEP; k++) {
      let at = 4u * k * QUADS + lane.y;
      let taps = mat4x4f(
        matrix_part[at],
        matrix_part[at + QUADS],
        matrix_part[at + 2u * QUADS],
        matrix_part[at + 3u * QUADS],
      );
      let pixel = k * PIXELS + lane.x;
      a0 = accumulate(a0, taps, values[pixel]);
      a1 = accumulate(a1, taps, values[pixel + LANES]);
      a2 = accumulate(a2, taps, values[pixel + 2u * LANES]);
      a3 = accumulate(a3, taps, values[pixel + 3u * LANES]);
      a4 = accumulate(a4, taps, values[pixel + 4u * LANES]);
      a5 = accumulate(a5, taps, values[pixel + 5u * LANES]);
      a6 = accumulate(a6, taps, values[pixel + 6u * LANES]);
      a7 = accumulate(a7, taps, values[pixel + 7u * LANES]);
    }
    workgroupBarrier();
  }
  let pixel = first_pixel + lane.x;
  let quad = first_quad + lane.y;
  // One after another through the same lines: written out, they would take most of the time that compiling takes.
  for (var i = 0u; i < numbers.each; i++) {
    if (pixel + i * LANES < numbers.area && quad < numbers.quads) {
      put(group.z, quad, pixel + i * LANES, a0);
    }
    a0 = a1;
    a1 = a2;
    a2 = a3;
    a3 = a4;
    a4 = a5;
    a5 = a6;
    a6 = a7;
  }
}
