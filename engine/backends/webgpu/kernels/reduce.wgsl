// The parts of sums to one number each, a workgroup a sum. `sum.wgsl` is a part of it.

struct Numbers {
  // Parts of a sum.
  count: u32,
  // Where the first part is, and where the first sum goes.
  start: u32,
  place: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> totals: array<f32>;

alias Sum = f32;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  var sum = 0.0;
  for (var i = index; i < numbers.count; i += THREADS) {
    sum += parts[numbers.start + group.x * numbers.count + i];
  }
  let total = total_of(index, sum);
  if (index == 0u) {
    totals[numbers.place + group.x] = total;
  }
}
