// A 3×3 convolution with zeros around it, from quads to quads.
//
// A workgroup computes TILE_WIDTH × (ROWS · LANE_ROWS) pixels of QUADS quads. It takes one quad of the input at a time, with
// a border of one pixel, into workgroup memory; an invocation computes ROWS pixels below one another of EACH_QUADS quads, so
// that each value that it loads serves three of them, and each of the kernel's all. `conv_sums.ts` writes what it does with
// each of its sums; `conv_output.wgsl` and `accumulate.wgsl` are parts of it.

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

const HALO_WIDTH = TILE_WIDTH + 2u;
const HALO = HALO_WIDTH * (ROWS * LANE_ROWS + 2u);
const TAPS = 36u;
const LANE_QUADS = QUADS / EACH_QUADS;
const THREADS = TILE_WIDTH * LANE_ROWS * LANE_QUADS;

var<workgroup> halo: array<vec4f, HALO>;
var<workgroup> kernel: array<vec4f, QUADS * TAPS>;

fn taps_at(at: u32) -> mat4x4f {
  return mat4x4f(kernel[at], kernel[at + 1u], kernel[at + 2u], kernel[at + 3u]);
}

@compute @workgroup_size(TILE_WIDTH, LANE_ROWS, LANE_QUADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first_quad = numbers.first_quad + group.x * QUADS;
  let left = group.y * TILE_WIDTH;
  let top = numbers.first_row + group.z * ROWS * LANE_ROWS;
//sums
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
      let tap = lane.z * EACH_QUADS * TAPS + dx * 12u;
//products
    }
    workgroupBarrier();
  }
  let column = left + lane.x;
  let row = top + lane.y * ROWS;
  let quad = first_quad + lane.z * EACH_QUADS;
  // One after another through the same lines: written out, they would take most of the time that compiling takes.
  for (var i = 0u; i < numbers.rows; i++) {
//results
  }
}
