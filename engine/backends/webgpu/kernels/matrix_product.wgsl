// The product of two square matrices, row by row.

struct Numbers {
  side: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(3) var<storage, read_write> product: array<f32>;

const SIDE = 16u;

var<workgroup> rows: array<f32, SIDE * SIDE>;
var<workgroup> columns: array<f32, SIDE * SIDE>;

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let side = numbers.side;
  var sum = 0.0;
  for (var base = 0u; base < side; base += SIDE) {
    var row_value = 0.0;
    var column_value = 0.0;
    if (id.y < side && base + lane.x < side) {
      row_value = left[id.y * side + base + lane.x];
    }
    if (id.x < side && base + lane.y < side) {
      column_value = right[(base + lane.y) * side + id.x];
    }
    rows[index] = row_value;
    columns[index] = column_value;
    workgroupBarrier();
    for (var k = 0u; k < SIDE; k++) {
      sum = fma(rows[lane.y * SIDE + k], columns[k * SIDE + lane.x], sum);
    }
    workgroupBarrier();
  }
  if (id.x < side && id.y < side) {
    product[id.y * side + id.x] = sum;
  }
}
