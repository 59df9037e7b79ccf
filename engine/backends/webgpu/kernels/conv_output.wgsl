// What becomes of a convolution's sums: bias and ReLU, what is there already, another ReLU's derivative. A kernel says what
// its `Numbers` are.

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(4) var<storage, read> bias: array<vec4f>;
@group(0) @binding(5) var<storage, read> activation: array<vec4f>;

fn put(column: u32, row: u32, quad: u32, sum: vec4f) {
  if (column >= numbers.width || row >= numbers.height || quad >= numbers.out_quads) {
    return;
  }
  let at = (quad * numbers.height + row) * numbers.width + column;
  var value = sum;
  if (numbers.bias != 0u) {
    value = max(value + bias[quad], vec4f(0.0));
  }
  if (numbers.sum != 0u) {
    value += y[at];
  }
  if (numbers.derivative != 0u) {
    value = select(vec4f(0.0), value, activation[at] > vec4f(0.0));
  }
  y[at] = value;
}
