// Dot products of two vectors with four others, in parts. `sum.wgsl` is a part of it.

struct Numbers {
  count: u32,
  // Where the parts of the first product begin.
  start: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> v0: array<f32>;
@group(0) @binding(4) var<storage, read> v1: array<f32>;
@group(0) @binding(5) var<storage, read> v2: array<f32>;
@group(0) @binding(6) var<storage, read> v3: array<f32>;
// All parts of a product, then all of the next: a with the four, b with the four.
@group(0) @binding(7) var<storage, read_write> parts: array<f32>;

alias Sum = mat2x4f;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let part = group.y * groups.x + group.x;
  var sum = mat2x4f();
  for (var k = 0u; k < EACH; k++) {
    let i = (part * EACH + k) * THREADS + index;
    if (i < numbers.count) {
      let others = vec4f(v0[i], v1[i], v2[i], v3[i]);
      sum += mat2x4f(a[i] * others, b[i] * others);
    }
  }
  let total = total_of(index, sum);
  if (index == 0u) {
    let count = groups.x * groups.y;
    for (var k = 0u; k < 4u; k++) {
      parts[numbers.start + k * count + part] = total[0][k];
      parts[numbers.start + (4u + k) * count + part] = total[1][k];
    }
  }
}
