// The picture's gradient as optimisers take it: three values a pixel, without the fourth channel.

struct Numbers {
  pixels: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> quads: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> picture: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * THREADS + id.x;
  if (i >= numbers.pixels) {
    return;
  }
  let quad = quads[i];
  picture[3u * i] = quad.x;
  picture[3u * i + 1u] = quad.y;
  picture[3u * i + 2u] = quad.z;
}
