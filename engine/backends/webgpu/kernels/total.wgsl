// Σ v², or Σ |v|, in parts.

struct Numbers {
  count: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;

alias Sum = f32;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let part = group.y * groups.x + group.x;
  var sum = 0.0;
  for (var k = 0u; k < EACH; k++) {
    let i = (part * EACH + k) * THREADS + index;
    if (i < numbers.count) {
      let value = values[i];
//if SQUARES
      sum += dot(value, value);
//end
//if ABSOLUTE
      sum += dot(abs(value), vec4f(1.0));
//end
    }
  }
  let total = total_of(index, sum);
  if (index == 0u) {
    parts[part] = total;
  }
}
