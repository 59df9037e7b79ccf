// A sum and a matrix's product with a quad, added channel by channel.

fn accumulate(sum: vec4f, taps: mat4x4f, value: vec4f) -> vec4f {
  let first = fma(taps[0], vec4f(value.x), sum);
  let second = fma(taps[1], vec4f(value.y), first);
  let third = fma(taps[2], vec4f(value.z), second);
  return fma(taps[3], vec4f(value.w), third);
}
