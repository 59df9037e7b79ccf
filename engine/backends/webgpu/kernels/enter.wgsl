// The picture as the network takes it: RGB minus the mean, and a fourth channel of zeros.

struct Numbers {
  pixels: u32,
  red: f32,
  green: f32,
  blue: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> picture: array<f32>;
@group(0) @binding(2) var<storage, read_write> quads: array<vec4f>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * THREADS + id.x;
  if (i >= numbers.pixels) {
    return;
  }
  let rgb = vec3f(picture[3u * i], picture[3u * i + 1u], picture[3u * i + 2u]);
  quads[i] = vec4f(rgb - vec3f(numbers.red, numbers.green, numbers.blue), 0.0);
}
