// The largest absolute value of each span.

struct Numbers {
  count: u32,
  // Values of a span.
  span: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> spans: array<f32>;

var<workgroup> most: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let start = group.x * numbers.span;
  let end = min(start + numbers.span, numbers.count);
  var value = 0.0;
  for (var i = start + index; i < end; i += THREADS) {
    value = max(value, abs(values[i]));
  }
  most[index] = value;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (index < half) {
      most[index] = max(most[index], most[index + half]);
    }
    workgroupBarrier();
  }
  if (index == 0u) {
    spans[group.x] = most[0];
  }
}
