// What tiles of 4 × 4 pixels of a 3×3 convolution need of a map, transformed: BᵀdB of 6 × 6 pixels (Lavin and Gray 2016).

struct Numbers {
  width: u32,
  height: u32,
  quads: u32,
  // Tiles of a row, the first row of tiles, and all tiles of this call.
  across: u32,
  first_row: u32,
  tiles: u32,
  // Of a transform. The compiler does not know it, which keeps it from writing loops out.
  side: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
// By place in a tile, quad and tile.
@group(0) @binding(2) var<storage, read_write> values: array<vec4f>;

fn transformed(d: array<vec4f, 6>) -> array<vec4f, 6> {
  let even = d[4] - 4.0 * d[2];
  let odd = d[3] - 4.0 * d[1];
  let outer = d[4] - d[2];
  let inner = 2.0 * (d[3] - d[1]);
  return array<vec4f, 6>(
    4.0 * d[0] - 5.0 * d[2] + d[4],
    even + odd,
    even - odd,
    outer + inner,
    outer - inner,
    4.0 * d[1] - 5.0 * d[3] + d[5],
  );
}

// Below 0 a row or column wraps round, and is too large as well.
fn value_at(quad: u32, row: u32, column: u32) -> vec4f {
  if (row >= numbers.height || column >= numbers.width) {
    return vec4f();
  }
  return x[(quad * numbers.height + row) * numbers.width + column];
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let id = (group.y * groups.x + group.x) * THREADS + index;
  let quad = id / numbers.tiles;
  let tile = id % numbers.tiles;
  if (quad >= numbers.quads) {
    return;
  }
  let top = 4u * (numbers.first_row + tile / numbers.across) - 1u;
  let left = 4u * (tile % numbers.across) - 1u;
  var columns: array<array<vec4f, 6>, 6>;
  for (var c = 0u; c < numbers.side; c++) {
    columns[c] = transformed(array<vec4f, 6>(
      value_at(quad, top, left + c),
      value_at(quad, top + 1u, left + c),
      value_at(quad, top + 2u, left + c),
      value_at(quad, top + 3u, left + c),
      value_at(quad, top + 4u, left + c),
      value_at(quad, top + 5u, left + c),
    ));
  }
  for (var r = 0u; r < numbers.side; r++) {
    var row = transformed(array<vec4f, 6>(
      columns[0][r],
      columns[1][r],
      columns[2][r],
      columns[3][r],
      columns[4][r],
      columns[5][r],
    ));
    for (var c = 0u; c < numbers.side; c++) {
      values[((6u * r + c) * numbers.quads + quad) * numbers.tiles + tile] = row[c];
    }
  }
}
