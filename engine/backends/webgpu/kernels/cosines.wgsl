// How far the places of a map are from what they have taken: Σ m² (1 − cos) in parts, and what the gradient of each is made
// with. `sum.wgsl` is a part of it.
//
// A workgroup takes PIXELS places; SLICES invocations share the channels of each.

struct Numbers {
  // Quads of one channel, and of one place.
  area: u32,
  quads: u32,
  // Whether places count as a mask says.
  masked: u32,
  // Added to a squared length.
  least: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> places: array<vec4f>;
@group(0) @binding(2) var<storage, read> wanted: array<vec4f>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
// By place: what its target and its features are multiplied with.
@group(0) @binding(4) var<storage, read_write> pulls: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;

alias Sum = f32;

var<workgroup> products: array<vec2f, THREADS>;

@compute @workgroup_size(PIXELS, SLICES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let part = group.y * groups.x + group.x;
  let place = part * PIXELS + lane.x;
  var product = vec2f();
  if (place < numbers.area) {
    for (var quad = lane.y; quad < numbers.quads; quad += SLICES) {
      let i = quad * numbers.area + place;
      let here = places[i];
      product += vec2f(dot(here, here), dot(here, wanted[i]));
    }
  }
  products[index] = product;
  workgroupBarrier();
  var distance = 0.0;
  if (lane.y == 0u && place < numbers.area) {
    for (var slice = 1u; slice < SLICES; slice++) {
      product += products[slice * PIXELS + lane.x];
    }
    let squares = product.x + numbers.least;
    let length = sqrt(squares);
    let cosine = product.y / length;
    var weight = 1.0;
    if (numbers.masked != 0u) {
      weight = mask[place] * mask[place];
    }
    distance = weight * (1.0 - cosine);
    pulls[place] = weight * vec2f(-1.0 / length, cosine / squares);
  }
  let total = total_of(index, distance);
  if (index == 0u) {
    parts[part] = total;
  }
}
