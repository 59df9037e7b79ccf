// A content term: Σ (m (F − P))² in parts, and its gradient m² (F − P).

struct Numbers {
  // Quads of all channels, and of one.
  count: u32,
  area: u32,
  // Which term.
  term: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
@group(0) @binding(2) var<storage, read> content: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;
//if FACTOR
@group(0) @binding(5) var<storage, read> factors: array<f32>;
//end
//if MASK
@group(0) @binding(6) var<storage, read> mask: array<f32>;
//end

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
      let here = features[i];
      var difference = here - content[i];
      var inner = difference;
//if MASK
      let weight = mask[i % numbers.area];
      difference *= weight;
      inner = weight * difference;
//end
      sum += dot(difference, difference);
//if FACTOR
      inner *= factors[numbers.term];
//end
//if SUM
      inner += gradient[i];
//end
//if DERIVATIVE
      inner = select(vec4f(0.0), inner, here > vec4f(0.0));
//end
      gradient[i] = inner;
    }
  }
  let total = total_of(index, sum);
  if (index == 0u) {
    parts[part] = total;
  }
}
