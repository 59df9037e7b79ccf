// A 2×2 pool with stride 2. Windows at odd edges hold what lies inside.

struct Numbers {
  width: u32,
  height: u32,
  quads: u32,
  gain: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

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
  let right = min(left + 1u, numbers.width - 1u);
  let bottom = min(top + 1u, numbers.height - 1u);
  let upper = (quad * numbers.height + top) * numbers.width;
  let lower = (quad * numbers.height + bottom) * numbers.width;
  // At an edge some are the same, which changes neither the largest nor the mean.
  let a = x[upper + left];
  let b = x[upper + right];
  let c = x[lower + left];
  let d = x[lower + right];
//if MAX
  y[i] = max(max(a, b), max(c, d));
//end
//if AVERAGE
  y[i] = numbers.gain * 0.25 * ((a + b) + (c + d));
//end
}
