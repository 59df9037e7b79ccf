// Tiles of 4 × 4 pixels from their products: AᵀmA (Lavin and Gray 2016). `conv_output.wgsl` is a part of it.

struct Numbers {
  width: u32,
  height: u32,
  in_quads: u32,
  out_quads: u32,
  // Tiles of a row, the first row of tiles, and all tiles of this call.
  across: u32,
  first_row: u32,
  tiles: u32,
  // Of a transform's input and output. The compiler does not know them, which keeps it from writing loops out.
  from_side: u32,
  side: u32,
  // What becomes of the sums: a flag each, so that one program serves all.
  bias: u32,
  sum: u32,
  derivative: u32,
}

// By place in a tile, quad and tile.
@group(0) @binding(1) var<storage, read> products: array<vec4f>;

fn transformed(m: array<vec4f, 6>) -> array<vec4f, 4> {
  let near = m[1] + m[2];
  let far = m[3] + m[4];
  let near_slope = m[1] - m[2];
  let far_slope = m[3] - m[4];
  return array<vec4f, 4>(
    m[0] + near + far,
    near_slope + 2.0 * far_slope,
    near + 4.0 * far,
    near_slope + 8.0 * far_slope + m[5],
  );
}

fn product_at(row: u32, column: u32, quad: u32, tile: u32) -> vec4f {
  return products[((6u * row + column) * numbers.out_quads + quad) * numbers.tiles + tile];
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
  if (quad >= numbers.out_quads) {
    return;
  }
  let top = 4u * (numbers.first_row + tile / numbers.across);
  let left = 4u * (tile % numbers.across);
  var columns: array<array<vec4f, 4>, 6>;
  for (var c = 0u; c < numbers.from_side; c++) {
    columns[c] = transformed(array<vec4f, 6>(
      product_at(0u, c, quad, tile),
      product_at(1u, c, quad, tile),
      product_at(2u, c, quad, tile),
      product_at(3u, c, quad, tile),
      product_at(4u, c, quad, tile),
      product_at(5u, c, quad, tile),
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
      put(left + c, top + r, quad, row[c]);
    }
  }
}
