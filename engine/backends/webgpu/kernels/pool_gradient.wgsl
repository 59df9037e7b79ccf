// The gradient to the input of a pool, and through the ReLU before it. Equal maxima share theirs.

struct Numbers {
  width: u32,
  height: u32,
  quads: u32,
  gain: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> activation: array<vec4f>;
@group(0) @binding(2) var<storage, read> pooled_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f>;

const NONE = vec4f(0.0);
const ONE = vec4f(1.0);

fn put(at: u32, value: vec4f, share: vec4f) {
  var sum = share;
//if SUM
  sum += gradient[at];
//end
  gradient[at] = select(NONE, sum, value > NONE);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let pooled = (vec2u(numbers.width, numbers.height) + 1u) / 2u;
  let i = id.y * groups.x * THREADS + id.x;
  if (i >= pooled.x * pooled.y * numbers.quads) {
    return;
  }
  let quad = i / (pooled.x * pooled.y);
  let left = 2u * (i % pooled.x);
  let top = 2u * (i / pooled.x % pooled.y);
  let is_right = left + 1u < numbers.width;
  let is_lower = top + 1u < numbers.height;
  let at = (quad * numbers.height + top) * numbers.width + left;
  let at_right = select(at, at + 1u, is_right);
  let at_lower = select(at, at + numbers.width, is_lower);
  let at_last = select(at, at + numbers.width + 1u, is_right && is_lower);
  let a = activation[at];
  let b = activation[at_right];
  let c = activation[at_lower];
  let d = activation[at_last];
//if MAX
  // Where one lies outside, it is the first once more.
  let largest = max(max(a, b), max(c, d));
  let is_a = select(NONE, ONE, a == largest);
  let is_b = select(NONE, ONE, (b == largest) & vec4<bool>(is_right));
  let is_c = select(NONE, ONE, (c == largest) & vec4<bool>(is_lower));
  let is_d = select(NONE, ONE, (d == largest) & vec4<bool>(is_right && is_lower));
  let share = pooled_gradient[i] / ((is_a + is_b) + (is_c + is_d));
  let share_a = share * is_a;
  let share_b = share * is_b;
  let share_c = share * is_c;
  let share_d = share * is_d;
//end
//if AVERAGE
  let count = select(1.0, 2.0, is_right) * select(1.0, 2.0, is_lower);
  let share_a = pooled_gradient[i] * (numbers.gain / count);
  let share_b = share_a;
  let share_c = share_a;
  let share_d = share_a;
//end
  put(at, a, share_a);
  if (is_right) {
    put(at_right, b, share_b);
  }
  if (is_lower) {
    put(at_lower, c, share_c);
  }
  if (is_right && is_lower) {
    put(at_last, d, share_d);
  }
}
