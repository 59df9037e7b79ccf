// Quads of features in 16 bits, held 64 times smaller than they are: VGG16's reach tens of thousands, and 16 bits end at
// 65504. By a power of two nothing is rounded. What is larger all the same is held as the largest.

fn wide(quad: vec2u) -> vec4f {
  return 64.0 * vec4f(unpack2x16float(quad.x), unpack2x16float(quad.y));
}

fn narrow(value: vec4f) -> vec2u {
  let scaled = clamp(value / 64.0, vec4f(-65504.0), vec4f(65504.0));
  return vec2u(pack2x16float(scaled.xy), pack2x16float(scaled.zw));
}

