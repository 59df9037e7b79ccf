// Products of a transformed kernel with transformed values, one for each place in a tile. `channel_product.wgsl` is a part of
// it.

struct Numbers {
  // Tiles.
  area: u32,
  quads: u32,
  in_quads: u32,
  // Tiles of an invocation. The compiler does not know them, which keeps it from writing the loop out.
  each: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
// By place in a tile, quad and tile.
@group(0) @binding(1) var<storage, read> transformed: array<vec4f>;
// By place in a tile, channel of the input and quad of the output.
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> products: array<vec4f>;

fn value_at(plane: u32, quad: u32, tile: u32) -> vec4f {
  return transformed[(plane * numbers.in_quads + quad) * numbers.area + tile];
}

fn factors_at(plane: u32, row: u32, quad: u32) -> vec4f {
  return weights[(plane * 4u * numbers.in_quads + row) * numbers.quads + quad];
}

fn put(plane: u32, quad: u32, tile: u32, sum: vec4f) {
  products[(plane * numbers.quads + quad) * numbers.area + tile] = sum;
}

