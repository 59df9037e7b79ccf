// One step of Adam along the gradient and that of total variation; Σ of the squared differences between neighbours, and
// the gradient's L1 norm, in parts. Nothing moves after a step that halted.

struct Numbers {
  width: u32,
  height: u32,
}

struct Rates {
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  rate: f32,
  correction: f32,
  epsilon: f32,
  // Of total variation's gradient.
  variation: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> rates: array<Rates>;
@group(0) @binding(2) var<storage, read> along: array<vec4f>;
@group(0) @binding(3) var<storage, read> picture: array<f32>;
// First and second moment of each value.
@group(0) @binding(4) var<storage, read> moments: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> moved_picture: array<f32>;
@group(0) @binding(6) var<storage, read_write> moved_moments: array<vec2f>;
// All sums of squares first, then all norms.
@group(0) @binding(7) var<storage, read_write> parts: array<f32>;
@group(0) @binding(8) var<storage, read> progress: Progress;

alias Sum = vec2f;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let part = group.y * groups.x + group.x;
  let pixel = part * THREADS + index;
  var sum = vec2f();
  if (pixel < numbers.width * numbers.height && progress.halted == 0u) {
    let own = rates[progress.steps];
    let quad = along[pixel];
    for (var channel = 0u; channel < 3u; channel++) {
      let i = 3u * pixel + channel;
      let variation = variation_at(pixel, channel);
      let gradient = quad[channel] + own.variation * variation.x;
      sum += vec2f(variation.y, abs(gradient));
      let moment = moments[i];
      let first = own.beta1 * moment.x + own.rest1 * gradient;
      let second = own.beta2 * moment.y + own.rest2 * gradient * gradient;
      moved_moments[i] = vec2f(first, second);
      moved_picture[i] = picture[i] - own.rate * first / (sqrt(second) * own.correction + own.epsilon);
    }
  }
  let total = total_of(index, sum);
  if (index == 0u) {
    let count = groups.x * groups.y;
    parts[part] = total.x;
    parts[count + part] = total.y;
  }
}
