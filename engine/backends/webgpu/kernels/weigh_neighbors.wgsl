// Sums of neighbours along one axis of a picture, which count the less the further they are. Beyond its border the picture is
// its mirror image.

struct Numbers {
  count: u32,
  // Of the axis, and from one place on it to the next.
  length: u32,
  stride: u32,
  // Within which a neighbour counts.
  reach: u32,
  // Whether what is there is added to.
  sum: u32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

// The border's own value comes twice.
fn mirrored(place: i32) -> u32 {
  let length = i32(numbers.length);
  let turned = ((place % (2 * length)) + 2 * length) % (2 * length);
  return u32(select(2 * length - 1 - turned, turned, turned < length));
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
  let place = i / numbers.stride % numbers.length;
  let start = i - place * numbers.stride;
  let reach = i32(numbers.reach);
  var total = 0.0;
  for (var k = 1 - reach; k < reach; k++) {
    total += f32(reach - abs(k)) * values[start + mirrored(i32(place) + k) * numbers.stride];
  }
  var sum = numbers.factor * total;
  if (numbers.sum != 0u) {
    sum += sums[i];
  }
  sums[i] = sum;
}
