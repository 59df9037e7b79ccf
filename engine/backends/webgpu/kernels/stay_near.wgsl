// The pull of what is to be kept on each pixel, added to the gradient; Σ of the squared differences from it as far as it can
// be seen, in parts. `sum.wgsl` is a part of it.

struct Numbers {
  pixels: u32,
  // Of the term among the factors.
  term: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> factors: array<f32>;
@group(0) @binding(2) var<storage, read> wanted: array<f32>;
// Of each pixel.
@group(0) @binding(3) var<storage, read> visible: array<f32>;
@group(0) @binding(4) var<storage, read> picture: array<f32>;
@group(0) @binding(5) var<storage, read_write> along: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> parts: array<f32>;

alias Sum = f32;

fn difference_at(i: u32) -> vec3f {
  let near = vec3f(wanted[3u * i], wanted[3u * i + 1u], wanted[3u * i + 2u]);
  return vec3f(picture[3u * i], picture[3u * i + 1u], picture[3u * i + 2u]) - near;
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let part = group.y * groups.x + group.x;
  let factor = factors[numbers.term];
  var sum = 0.0;
  for (var k = 0u; k < EACH; k++) {
    let i = (part * EACH + k) * THREADS + index;
    if (i < numbers.pixels) {
      let difference = difference_at(i);
      let pull = visible[i] * difference;
      sum += dot(pull, difference);
      along[i] += vec4f(factor * pull, 0.0);
    }
  }
  let total = total_of(index, sum);
  if (index == 0u) {
    parts[part] = total;
  }
}
