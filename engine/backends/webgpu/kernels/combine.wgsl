// A sum of four vectors, each with its factor, alone or on top of what is there.

struct Numbers {
  count: u32,
  // Of the vectors' factors.
  first: u32,
  // How many of the vectors count.
  vectors: u32,
  // Whether what is there is added to.
  sum: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> factors: array<f32>;
@group(0) @binding(2) var<storage, read> v0: array<f32>;
@group(0) @binding(3) var<storage, read> v1: array<f32>;
@group(0) @binding(4) var<storage, read> v2: array<f32>;
@group(0) @binding(5) var<storage, read> v3: array<f32>;
@group(0) @binding(6) var<storage, read_write> combined: array<f32>;

fn factor(k: u32) -> f32 {
  return select(0.0, factors[numbers.first + k], k < numbers.vectors);
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let i = (group.y * groups.x + group.x) * THREADS + index;
  if (i >= numbers.count) {
    return;
  }
  var value = dot(vec4f(factor(0u), factor(1u), factor(2u), factor(3u)), vec4f(v0[i], v1[i], v2[i], v3[i]));
  if (numbers.sum != 0u) {
    value += combined[i];
  }
  combined[i] = value;
}
