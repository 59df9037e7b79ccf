// The gradient of a term of neighbours at its layer: m² (cos x / |x| − t) / |x| of each place, given back to all values that
// the place is a mean of.

struct Numbers {
  // Of the layer.
  width: u32,
  height: u32,
  quads: u32,
  // How often its sides are halved to those of the places.
  halvings: u32,
  // Which term.
  term: u32,
  // What becomes of the values: a flag each, so that one program serves all.
  factor: u32,
  sum: u32,
  derivative: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
@group(0) @binding(2) var<storage, read> places: array<vec4f>;
@group(0) @binding(3) var<storage, read> wanted: array<vec4f>;
// By place: what its target and its features are multiplied with.
@group(0) @binding(4) var<storage, read> pulls: array<vec2f>;
@group(0) @binding(5) var<storage, read> factors: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradient: array<vec4f>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * THREADS + id.x;
  var size = vec2u(numbers.width, numbers.height);
  if (i >= size.x * size.y * numbers.quads) {
    return;
  }
  let quad = i / (size.x * size.y);
  var at = vec2u(i % size.x, i / size.x % size.y);
  var share = 1.0;
  for (var k = 0u; k < numbers.halvings; k++) {
    at /= 2u;
    // Windows at odd edges hold what lies inside.
    let inside = min(vec2u(2u), size - 2u * at);
    share /= f32(inside.x * inside.y);
    size = (size + 1u) / 2u;
  }
  let place = at.y * size.x + at.x;
  let there = quad * size.x * size.y + place;
  let pull = share * pulls[place];
  var value = pull.x * wanted[there] + pull.y * places[there];
  if (numbers.factor != 0u) {
    value *= factors[numbers.term];
  }
  if (numbers.sum != 0u) {
    value += gradient[i];
  }
  if (numbers.derivative != 0u) {
    value = select(vec4f(0.0), value, features[i] > vec4f(0.0));
  }
  gradient[i] = value;
}
