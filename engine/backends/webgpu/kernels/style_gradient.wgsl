// The gradient of a style term at its layer: m² (D F + offset), with a symmetric matrix D of channels × channels.
//
// A workgroup computes PIXELS pixels of QUADS quads. It takes STEP quads of the features at a time into workgroup memory,
// and the part of the matrix that belongs to them; an invocation computes EACH pixels of one quad.

struct Numbers {
  area: u32,
  quads: u32,
  // Which term.
  term: u32,
  // What becomes of the products: a flag each, so that one program serves all.
  offset: u32,
  mask: u32,
  factor: u32,
  sum: u32,
  derivative: u32,
  // Pixels of an invocation. The compiler does not know them, which keeps it from writing the loop out.
  each: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
// By row and quad of columns.
@group(0) @binding(2) var<storage, read> matrix: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(4) var<storage, read> factors: array<f32>;
@group(0) @binding(5) var<storage, read> mask: array<f32>;
@group(0) @binding(6) var<storage, read> offsets: array<vec4f>;

const LANES = 16u;
const EACH = 8u;
const PIXELS = LANES * EACH;
const QUADS = 8u;
const STEP = 4u;
const THREADS = LANES * QUADS;

var<workgroup> values: array<vec4f, STEP * PIXELS>;
var<workgroup> differences: array<vec4f, 4u * STEP * QUADS>;

fn accumulate(sum: vec4f, taps: mat4x4f, value: vec4f) -> vec4f {
  let first = fma(taps[0], vec4f(value.x), sum);
  let second = fma(taps[1], vec4f(value.y), first);
  let third = fma(taps[2], vec4f(value.z), second);
  return fma(taps[3], vec4f(value.w), third);
}

fn put(pixel: u32, quad: u32, sum: vec4f) {
  if (pixel >= numbers.area || quad >= numbers.quads) {
    return;
  }
  let at = quad * numbers.area + pixel;
  var value = sum;
  if (numbers.offset != 0u) {
    value += offsets[quad];
  }
  if (numbers.mask != 0u) {
    value *= mask[pixel] * mask[pixel];
  }
  if (numbers.factor != 0u) {
    value *= factors[numbers.term];
  }
  if (numbers.sum != 0u) {
    value += gradient[at];
  }
  if (numbers.derivative != 0u) {
    value = select(vec4f(0.0), value, features[at] > vec4f(0.0));
  }
  gradient[at] = value;
}

@compute @workgroup_size(LANES, QUADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first_quad = group.x * QUADS;
  let first_pixel = group.y * PIXELS;
  var a0 = vec4f();
  var a1 = vec4f();
  var a2 = vec4f();
  var a3 = vec4f();
  var a4 = vec4f();
  var a5 = vec4f();
  var a6 = vec4f();
  var a7 = vec4f();
  for (var base = 0u; base < numbers.quads; base += STEP) {
    for (var i = index; i < STEP * PIXELS; i += THREADS) {
      let quad = base + i / PIXELS;
      let pixel = first_pixel + i % PIXELS;
      var value = vec4f();
      if (quad < numbers.quads && pixel < numbers.area) {
        value = features[quad * numbers.area + pixel];
      }
      values[i] = value;
    }
    for (var i = index; i < 4u * STEP * QUADS; i += THREADS) {
      let row = 4u * base + i / QUADS;
      let quad = first_quad + i % QUADS;
      var value = vec4f();
      if (row < 4u * numbers.quads && quad < numbers.quads) {
        value = matrix[row * numbers.quads + quad];
      }
      differences[i] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < STEP; k++) {
      let at = 4u * k * QUADS + lane.y;
      let taps = mat4x4f(
        differences[at],
        differences[at + QUADS],
        differences[at + 2u * QUADS],
        differences[at + 3u * QUADS],
      );
      let pixel = k * PIXELS + lane.x;
      a0 = accumulate(a0, taps, values[pixel]);
      a1 = accumulate(a1, taps, values[pixel + LANES]);
      a2 = accumulate(a2, taps, values[pixel + 2u * LANES]);
      a3 = accumulate(a3, taps, values[pixel + 3u * LANES]);
      a4 = accumulate(a4, taps, values[pixel + 4u * LANES]);
      a5 = accumulate(a5, taps, values[pixel + 5u * LANES]);
      a6 = accumulate(a6, taps, values[pixel + 6u * LANES]);
      a7 = accumulate(a7, taps, values[pixel + 7u * LANES]);
    }
    workgroupBarrier();
  }
  let pixel = first_pixel + lane.x;
  let quad = first_quad + lane.y;
  // One after another through the same lines: written out, they would take most of the time that compiling takes.
  for (var i = 0u; i < numbers.each; i++) {
    put(pixel + i * LANES, quad, a0);
    a0 = a1;
    a1 = a2;
    a2 = a3;
    a3 = a4;
    a4 = a5;
    a5 = a6;
    a6 = a7;
  }
}
