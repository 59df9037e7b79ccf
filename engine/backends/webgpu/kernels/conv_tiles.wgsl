// A 3×3 convolution with zeros around it, from quads to quads.
//
// A workgroup computes TILE_WIDTH × (ROWS · LANE_ROWS) pixels of QUADS quads. It takes one quad of the input at a time, with
// a border of one pixel, into workgroup memory; an invocation computes ROWS pixels below one another of one quad, so that
// each value that it loads serves three of them, and each of the kernel's all. `conv_output.wgsl` and `accumulate.wgsl`
// are parts of it.

struct Numbers {
  width: u32,
  height: u32,
  in_quads: u32,
  out_quads: u32,
  // Of this call: a long convolution is several.
  first_quad: u32,
  first_row: u32,
  // Columns of taps, and rows of an invocation. The compiler does not know them, which keeps it from writing loops out.
  columns: u32,
  rows: u32,
  // What becomes of the sums: a flag each, so that one program serves all.
  bias: u32,
  sum: u32,
  derivative: u32,
}

@group(0) @binding(1) var<storage, read> x: array<vec4f>;
// By quad of the output, quad of the input, column, row and channel of the input.
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;

const ROWS = 8u;
const HALO_WIDTH = TILE_WIDTH + 2u;
const HALO = HALO_WIDTH * (ROWS * LANE_ROWS + 2u);
const TAPS = 36u;
const THREADS = TILE_WIDTH * LANE_ROWS * QUADS;

var<workgroup> halo: array<vec4f, HALO>;
var<workgroup> kernel: array<vec4f, QUADS * TAPS>;

fn taps_at(at: u32) -> mat4x4f {
  return mat4x4f(kernel[at], kernel[at + 1u], kernel[at + 2u], kernel[at + 3u]);
}

@compute @workgroup_size(TILE_WIDTH, LANE_ROWS, QUADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first_quad = numbers.first_quad + group.x * QUADS;
  let left = group.y * TILE_WIDTH;
  let top = numbers.first_row + group.z * ROWS * LANE_ROWS;
  var a0 = vec4f();
  var a1 = vec4f();
  var a2 = vec4f();
  var a3 = vec4f();
  var a4 = vec4f();
  var a5 = vec4f();
  var a6 = vec4f();
  var a7 = vec4f();
  for (var in_quad = 0u; in_quad < numbers.in_quads; in_quad++) {
    for (var i = index; i < HALO; i += THREADS) {
      // Counted from one before the picture; below 0 it wraps round, and is too large as well.
      let row = top + i / HALO_WIDTH - 1u;
      let column = left + i % HALO_WIDTH - 1u;
      var value = vec4f();
      if (row < numbers.height && column < numbers.width) {
        value = x[(in_quad * numbers.height + row) * numbers.width + column];
      }
      halo[i] = value;
    }
    for (var i = index; i < QUADS * TAPS; i += THREADS) {
      let quad = min(first_quad + i / TAPS, numbers.out_quads - 1u);
      kernel[i] = weights[(quad * numbers.in_quads + in_quad) * TAPS + i % TAPS];
    }
    workgroupBarrier();
    for (var dx = 0u; dx < numbers.columns; dx++) {
      let at = lane.y * ROWS * HALO_WIDTH + lane.x + dx;
      let tap = lane.z * TAPS + dx * 12u;
      let upper = taps_at(tap);
      let middle = taps_at(tap + 4u);
      let lower = taps_at(tap + 8u);
      let r0 = halo[at];
      a0 = accumulate(a0, upper, r0);
      let r1 = halo[at + HALO_WIDTH];
      a0 = accumulate(a0, middle, r1);
      a1 = accumulate(a1, upper, r1);
      let r2 = halo[at + 2u * HALO_WIDTH];
      a0 = accumulate(a0, lower, r2);
      a1 = accumulate(a1, middle, r2);
      a2 = accumulate(a2, upper, r2);
      let r3 = halo[at + 3u * HALO_WIDTH];
      a1 = accumulate(a1, lower, r3);
      a2 = accumulate(a2, middle, r3);
      a3 = accumulate(a3, upper, r3);
      let r4 = halo[at + 4u * HALO_WIDTH];
      a2 = accumulate(a2, lower, r4);
      a3 = accumulate(a3, middle, r4);
      a4 = accumulate(a4, upper, r4);
      let r5 = halo[at + 5u * HALO_WIDTH];
      a3 = accumulate(a3, lower, r5);
      a4 = accumulate(a4, middle, r5);
      a5 = accumulate(a5, upper, r5);
      let r6 = halo[at + 6u * HALO_WIDTH];
      a4 = accumulate(a4, lower, r6);
      a5 = accumulate(a5, middle, r6);
      a6 = accumulate(a6, upper, r6);
      let r7 = halo[at + 7u * HALO_WIDTH];
      a5 = accumulate(a5, lower, r7);
      a6 = accumulate(a6, middle, r7);
      a7 = accumulate(a7, upper, r7);
      let r8 = halo[at + 8u * HALO_WIDTH];
      a6 = accumulate(a6, lower, r8);
      a7 = accumulate(a7, middle, r8);
      let r9 = halo[at + 9u * HALO_WIDTH];
      a7 = accumulate(a7, lower, r9);
    }
    workgroupBarrier();
  }
  let column = left + lane.x;
  let row = top + lane.y * ROWS;
  let quad = first_quad + lane.z;
  // One after another through the same lines: written out, they would take most of the time that compiling takes.
  for (var i = 0u; i < numbers.rows; i++) {
    put(column, row + i, quad, a0);
    a0 = a1;
    a1 = a2;
    a2 = a3;
    a3 = a4;
    a4 = a5;
    a5 = a6;
    a6 = a7;
  }
}
