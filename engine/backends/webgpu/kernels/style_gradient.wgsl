// The gradient of a style term at its layer: m² (D F + offset), with a symmetric matrix D of channels × channels.
// `channel_product.wgsl` is a part of it.

struct Numbers {
  area: u32,
  quads: u32,
  in_quads: u32,
  // Which term.
  term: u32,
  // What becomes of the products: a flag each, so that one program serves all.
  offset: u32,
  mask: u32,
  factor: u32,
  sum: u32,
  derivative: u32,
  // Pixels of an invocation. The compiler does not know them, which keeps it from writing the loop out.
  each: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
// By row and quad of columns.
@group(0) @binding(2) var<storage, read> matrix: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(4) var<storage, read> factors: array<f32>;
@group(0) @binding(5) var<storage, read> mask: array<f32>;
@group(0) @binding(6) var<storage, read> offsets: array<vec4f>;

fn value_at(plane: u32, quad: u32, pixel: u32) -> vec4f {
  return features[quad * numbers.area + pixel];
}

fn factors_at(plane: u32, row: u32, quad: u32) -> vec4f {
  return matrix[row * numbers.quads + quad];
}

fn put(plane: u32, quad: u32, pixel: u32, sum: vec4f) {
  let at = quad * numbers.area + pixel;
  var value = sum;
  if (numbers.offset != 0u) {
    value += offsets[quad];
  }
  if (numbers.mask != 0u) {
    value *= mask[pixel] * mask[pixel];
  }
  if (numbers.factor != 0u) {
    value *= factors[numbers.term];
  }
  if (numbers.sum != 0u) {
    value += gradient[at];
  }
  if (numbers.derivative != 0u) {
    value = select(vec4f(0.0), value, features[at] > vec4f(0.0));
  }
  gradient[at] = value;
}
