// A picture some way along a direction: as far as is said, or as far as the direction's largest value allows.

struct Numbers {
  count: u32,
}

struct Search {
  // Used where it is said to be given.
  stride: f32,
  given: f32,
  // Of the direction, if it is not given; of its largest value instead, where that is so.
  rate: f32,
  by_largest: f32,
  // Of any value, if it is not given.
  largest_change: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> search: Search;
// One value: the largest of the direction.
@group(0) @binding(2) var<storage, read> largest: array<f32>;
@group(0) @binding(3) var<storage, read> picture: array<f32>;
@group(0) @binding(4) var<storage, read> direction: array<f32>;
@group(0) @binding(5) var<storage, read_write> moved: array<f32>;
// One value: how far it went.
@group(0) @binding(6) var<storage, read_write> stride: array<f32>;

fn chosen() -> f32 {
  if (search.given != 0.0) {
    return search.stride;
  }
  let change = largest[0];
  if (change == 0.0) {
    return 0.0;
  }
  let first = select(search.rate, search.rate / change, search.by_largest != 0.0);
  return select(first, search.largest_change / change, change * first > search.largest_change);
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let i = (group.y * groups.x + group.x) * THREADS + index;
  if (i >= numbers.count) {
    return;
  }
  let far = chosen();
  moved[i] = picture[i] + far * direction[i];
  if (i == 0u) {
    stride[0] = far;
  }
}
