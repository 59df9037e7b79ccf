// The product of two square matrices, row by row.
//
// A workgroup computes a block of 64 × 64 values. It takes STEP quads of the left one's columns, and the right one's rows that
// belong to them, at a time into workgroup memory; an invocation computes 8 × 8 values of the block.

struct Numbers {
  // Of a row.
  quads: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> left: array<vec4f>;
@group(0) @binding(2) var<storage, read> right: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> product: array<vec4f>;

const BLOCK = 16u;
const STEP = 4u;
const SIDE = 8u;

var<workgroup> rows: array<vec4f, 4u * BLOCK * STEP>;
var<workgroup> columns: array<vec4f, 4u * STEP * BLOCK>;

fn load_left(row: u32, quad: u32) -> vec4f {
  if (row >= 4u * numbers.quads || quad >= numbers.quads) {
    return vec4f();
  }
  return left[row * numbers.quads + quad];
}

fn load_right(row: u32, quad: u32) -> vec4f {
  if (row >= 4u * numbers.quads || quad >= numbers.quads) {
    return vec4f();
  }
  return right[row * numbers.quads + quad];
}

// Four rows of the left one.
fn rows_at(quad: u32, k: u32) -> mat4x4f {
  let at = 4u * quad * STEP + k;
  return mat4x4f(rows[at], rows[at + STEP], rows[at + 2u * STEP], rows[at + 3u * STEP]);
}

// Four rows of the right one.
fn columns_at(quad: u32, k: u32) -> mat4x4f {
  let at = 4u * k * BLOCK + quad;
  return mat4x4f(columns[at], columns[at + BLOCK], columns[at + 2u * BLOCK], columns[at + 3u * BLOCK]);
}

fn put(row: u32, column: u32, sum: mat4x4f) {
  if (row >= numbers.quads || column >= numbers.quads) {
    return;
  }
  let at = 4u * row * numbers.quads + column;
  product[at] = sum[0];
  product[at + numbers.quads] = sum[1];
  product[at + 2u * numbers.quads] = sum[2];
  product[at + 3u * numbers.quads] = sum[3];
}

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first_row = group.y * BLOCK;
  let first_column = group.x * BLOCK;
  var s00 = mat4x4f();
  var s01 = mat4x4f();
  var s10 = mat4x4f();
  var s11 = mat4x4f();
  for (var base = 0u; base < numbers.quads; base += STEP) {
    for (var i = index; i < 4u * BLOCK * STEP; i += SIDE * SIDE) {
      rows[i] = load_left(4u * first_row + i / STEP, base + i % STEP);
      columns[i] = load_right(4u * base + i / BLOCK, first_column + i % BLOCK);
    }
    workgroupBarrier();
    for (var k = 0u; k < STEP; k++) {
      let row_0 = rows_at(lane.y, k);
      let row_1 = rows_at(lane.y + SIDE, k);
      let column_0 = columns_at(lane.x, k);
      let column_1 = columns_at(lane.x + SIDE, k);
      // Columns of these products are rows of the block.
      s00 += column_0 * row_0;
      s01 += column_1 * row_0;
      s10 += column_0 * row_1;
      s11 += column_1 * row_1;
    }
    workgroupBarrier();
  }
  let row = first_row + lane.y;
  let column = first_column + lane.x;
  put(row, column, s00);
  put(row, column + SIDE, s01);
  put(row + SIDE, column, s10);
  put(row + SIDE, column + SIDE, s11);
}
