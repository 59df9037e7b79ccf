// Takes a picture into the moving average of pictures, unless steps were halted. `progress.wgsl` is a part of it.

struct Numbers {
  count: u32,
  decay: f32,
  // What a picture counts: 1 − decay.
  rest: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> progress: Progress;
@group(0) @binding(2) var<storage, read> picture: array<f32>;
@group(0) @binding(3) var<storage, read_write> average: array<f32>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let i = (group.y * groups.x + group.x) * THREADS + index;
  if (i < numbers.count && progress.halted == 0u) {
    average[i] = numbers.decay * average[i] + numbers.rest * picture[i];
  }
}
