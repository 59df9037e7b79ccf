// Σ F Fᵀ over a span of pixels: one block of 64 × 64 channels of a Gram matrix, on or above its diagonal, for each span.
//
// A workgroup takes SPAN_STEP pixels of both blocks' channels at a time into workgroup memory; an invocation computes 8 × 8
// values of the block.

struct Numbers {
  area: u32,
  quads: u32,
  // Pixels of a span.
  span: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
// By span, row and quad of columns.
@group(0) @binding(2) var<storage, read_write> grams: array<vec4f>;
//if MASK
@group(0) @binding(3) var<storage, read> mask: array<f32>;
//end

const BLOCK = 16u;
const STEP = 16u;
const SIDE = 8u;

var<workgroup> rows: array<vec4f, BLOCK * STEP>;
var<workgroup> columns: array<vec4f, BLOCK * STEP>;

fn load(quad: u32, pixel: u32, end: u32) -> vec4f {
  if (quad >= numbers.quads || pixel >= end) {
    return vec4f();
  }
  let value = features[quad * numbers.area + pixel];
//if MASK
  return mask[pixel] * value;
//end
//if WHOLE
  return value;
//end
}

fn outer(sum: mat4x4f, row: vec4f, column: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(vec4f(row.x), column, sum[0]),
    fma(vec4f(row.y), column, sum[1]),
    fma(vec4f(row.z), column, sum[2]),
    fma(vec4f(row.w), column, sum[3]),
  );
}

fn put(part: u32, row: u32, column: u32, sum: mat4x4f) {
  if (row >= numbers.quads || column >= numbers.quads) {
    return;
  }
  let at = (part * numbers.quads * 4u + 4u * row) * numbers.quads + column;
  grams[at] = sum[0];
  grams[at + numbers.quads] = sum[1];
  grams[at + 2u * numbers.quads] = sum[2];
  grams[at + 3u * numbers.quads] = sum[3];
}

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let blocks = (numbers.quads + BLOCK - 1u) / BLOCK;
  var block_row = 0u;
  var rest = group.x;
  while (rest >= blocks - block_row) {
    rest -= blocks - block_row;
    block_row++;
  }
  let first_row = block_row * BLOCK;
  let first_column = (block_row + rest) * BLOCK;
  let start = group.y * numbers.span;
  let end = min(start + numbers.span, numbers.area);
  var s00 = mat4x4f();
  var s01 = mat4x4f();
  var s10 = mat4x4f();
  var s11 = mat4x4f();
  for (var base = start; base < end; base += STEP) {
    for (var i = index; i < BLOCK * STEP; i += SIDE * SIDE) {
      rows[i] = load(first_row + i / STEP, base + i % STEP, end);
      columns[i] = load(first_column + i / STEP, base + i % STEP, end);
    }
    workgroupBarrier();
    for (var k = 0u; k < STEP; k++) {
      let row_0 = rows[lane.y * STEP + k];
      let row_1 = rows[(lane.y + SIDE) * STEP + k];
      let column_0 = columns[lane.x * STEP + k];
      let column_1 = columns[(lane.x + SIDE) * STEP + k];
      s00 = outer(s00, row_0, column_0);
      s01 = outer(s01, row_0, column_1);
      s10 = outer(s10, row_1, column_0);
      s11 = outer(s11, row_1, column_1);
    }
    workgroupBarrier();
  }
  let row = first_row + lane.y;
  let column = first_column + lane.x;
  put(group.y, row, column, s00);
  put(group.y, row, column + SIDE, s01);
  put(group.y, row + SIDE, column, s10);
  put(group.y, row + SIDE, column + SIDE, s11);
}
