// The parts of a sum to one number, in an order that is always the same.

struct Numbers {
  count: u32,
  // Where the first part is, and where the sum goes.
  start: u32,
  place: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> totals: array<f32>;

var<workgroup> sums: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) index: u32) {
  var sum = 0.0;
  for (var i = index; i < numbers.count; i += THREADS) {
    sum += parts[numbers.start + i];
  }
  sums[index] = sum;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (index < half) {
      sums[index] += sums[index + half];
    }
    workgroupBarrier();
  }
  if (index == 0u) {
    totals[numbers.place] = sums[0];
  }
}
