// Values times a factor as bytes, four in a word: rounded, halves to even, and clamped.

struct Numbers {
  count: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
// One value.
@group(0) @binding(1) var<storage, read> factor: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read_write> words: array<u32>;

fn byte_at(i: u32) -> u32 {
  if (i >= numbers.count) {
    return 0u;
  }
  return u32(round(clamp(factor[0] * values[i], 0.0, 255.0)));
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let i = (group.y * groups.x + group.x) * THREADS + index;
  let first = 4u * i;
  if (first < numbers.count) {
    words[i] = byte_at(first) | byte_at(first + 1u) << 8u | byte_at(first + 2u) << 16u | byte_at(first + 3u) << 24u;
  }
}
