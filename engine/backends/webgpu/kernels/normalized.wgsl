// A term's gradient divided by its L1 norm, times the term's factor.

struct Numbers {
  count: u32,
  // Which term.
  term: u32,
  // Keeps a vanished gradient from being divided by zero.
  smallest: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> inner: array<vec4f>;
@group(0) @binding(2) var<storage, read> norms: array<f32>;
@group(0) @binding(3) var<storage, read> factors: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<vec4f>;
//if DERIVATIVE
@group(0) @binding(5) var<storage, read> activation: array<vec4f>;
//end

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * THREADS + id.x;
  if (i >= numbers.count) {
    return;
  }
  var value = inner[i] * (factors[numbers.term] / (norms[numbers.term] + numbers.smallest));
//if SUM
  value += gradient[i];
//end
//if DERIVATIVE
  value = select(vec4f(0.0), value, activation[i] > vec4f(0.0));
//end
  gradient[i] = value;
}
