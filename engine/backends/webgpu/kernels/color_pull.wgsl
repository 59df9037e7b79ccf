// The pull of a palette on each pixel, added to the gradient, see `color_transport.wgsl`.

struct Numbers {
  pixels: u32,
  // Of the term among the factors.
  term: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> factors: array<f32>;
@group(0) @binding(2) var<storage, read> transport: array<f32>;
@group(0) @binding(3) var<storage, read> picture: array<f32>;
@group(0) @binding(4) var<storage, read_write> along: array<vec4f>;
//if WEIGHTS
// Of each pixel.
@group(0) @binding(5) var<storage, read> weights: array<f32>;
//end

fn found(first: u32) -> vec3f {
  return vec3f(transport[first], transport[first + 1u], transport[first + 2u]);
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let i = (group.y * groups.x + group.x) * THREADS + index;
  if (i >= numbers.pixels) {
    return;
  }
  let color = vec3f(picture[3u * i], picture[3u * i + 1u], picture[3u * i + 2u]) - found(0u);
  let pull = found(3u) + color.x * found(6u) + color.y * found(9u) + color.z * found(12u);
  var factor = factors[numbers.term];
//if WEIGHTS
  factor *= weights[i];
//end
  along[i] += vec4f(factor * pull, 0.0);
}
