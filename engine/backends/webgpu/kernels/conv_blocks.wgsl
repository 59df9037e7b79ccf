// A 3×3 convolution with zeros around it, from quads to quads, for small maps: an invocation computes 4 × 4 pixels of one
// quad. They are counted through blocks and quads, so that few are idle however small the map is, and none waits for another.
// `conv_output.wgsl` is a part of it.

struct Numbers {
  width: u32,
  height: u32,
  in_quads: u32,
  out_quads: u32,
  // Rows of taps, and pixels of a side of a block. The compiler does not know them, which keeps it from writing loops out.
  rows: u32,
  side: u32,
  // What becomes of the sums: a flag each, so that one program serves all.
  bias: u32,
  sum: u32,
  derivative: u32,
}

@group(0) @binding(1) var<storage, read> x: array<vec4f>;
// By quad of the output, quad of the input, column, row and channel of the input.
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;

const SIDE = 4u;
const TAPS = 36u;

fn taps_at(at: u32) -> mat4x4f {
  return mat4x4f(weights[at], weights[at + 1u], weights[at + 2u], weights[at + 3u]);
}

// Below 0 a row or column wraps round, and is too large as well.
fn value_at(quad: u32, row: u32, column: u32) -> vec4f {
  if (row >= numbers.height || column >= numbers.width) {
    return vec4f();
  }
  return x[(quad * numbers.height + row) * numbers.width + column];
}

// Four pixels beside one another, through a row of taps.
fn convolve(quad: u32, row: u32, column: u32, left: mat4x4f, middle: mat4x4f, right: mat4x4f) -> mat4x4f {
  let v0 = value_at(quad, row, column - 1u);
  let v1 = value_at(quad, row, column);
  let v2 = value_at(quad, row, column + 1u);
  let v3 = value_at(quad, row, column + 2u);
  let v4 = value_at(quad, row, column + 3u);
  let v5 = value_at(quad, row, column + 4u);
  return left * mat4x4f(v0, v1, v2, v3) + middle * mat4x4f(v1, v2, v3, v4) + right * mat4x4f(v2, v3, v4, v5);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let across = (numbers.width + SIDE - 1u) / SIDE;
  let blocks = across * ((numbers.height + SIDE - 1u) / SIDE);
  let block = id.x % blocks;
  let quad = id.x / blocks;
  if (quad >= numbers.out_quads) {
    return;
  }
  let top = SIDE * (block / across);
  let left = SIDE * (block % across);
  var a0 = mat4x4f();
  var a1 = mat4x4f();
  var a2 = mat4x4f();
  var a3 = mat4x4f();
  for (var in_quad = 0u; in_quad < numbers.in_quads; in_quad++) {
    for (var dy = 0u; dy < numbers.rows; dy++) {
      let tap = (quad * numbers.in_quads + in_quad) * TAPS + 4u * dy;
      let t0 = taps_at(tap);
      let t1 = taps_at(tap + 12u);
      let t2 = taps_at(tap + 24u);
      let row = top + dy - 1u;
      a0 += convolve(in_quad, row, left, t0, t1, t2);
      a1 += convolve(in_quad, row + 1u, left, t0, t1, t2);
      a2 += convolve(in_quad, row + 2u, left, t0, t1, t2);
      a3 += convolve(in_quad, row + 3u, left, t0, t1, t2);
    }
  }
  // One after another through the same lines: written out, they would take most of the time that compiling takes.
  for (var i = 0u; i < numbers.side; i++) {
    for (var k = 0u; k < numbers.side; k++) {
      put(left + k, top + i, quad, a0[0]);
      a0 = mat4x4f(a0[1], a0[2], a0[3], vec4f());
    }
    a0 = a1;
    a1 = a2;
    a2 = a3;
  }
}
