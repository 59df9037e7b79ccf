// The whole gradient at a picture, that of total variation with it; Σ of the squared differences between neighbours, and
// the gradient's L1 norm, in parts. `variation.wgsl` and `sum.wgsl` are parts of it.

struct Numbers {
  width: u32,
  height: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
// One value: the factor of total variation's gradient.
@group(0) @binding(1) var<storage, read> factor: array<f32>;
@group(0) @binding(2) var<storage, read> along: array<vec4f>;
@group(0) @binding(3) var<storage, read> picture: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
// All sums of squares first, then all norms.
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;

alias Sum = vec2f;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let part = group.y * groups.x + group.x;
  let pixel = part * THREADS + index;
  var sum = vec2f();
  if (pixel < numbers.width * numbers.height) {
    let quad = along[pixel];
    for (var channel = 0u; channel < 3u; channel++) {
      let variation = variation_at(pixel, channel);
      let value = quad[channel] + factor[0] * variation.x;
      sum += vec2f(variation.y, abs(value));
      gradient[3u * pixel + channel] = value;
    }
  }
  let total = total_of(index, sum);
  if (index == 0u) {
    parts[part] = total.x;
    parts[groups.x * groups.y + part] = total.y;
  }
}
