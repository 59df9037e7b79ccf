// A Gram matrix from the sums over spans of pixels, whose blocks below the diagonal are missing; its difference from a
// target, and the squares of that in parts.

struct Numbers {
  quads: u32,
  spans: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> grams: array<f32>;
@group(0) @binding(2) var<storage, read_write> matrix: array<f32>;
//if TARGET
@group(0) @binding(3) var<storage, read> wanted: array<f32>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;

//end

alias Sum = f32;

const BLOCK = 64u;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let side = 4u * numbers.quads;
  let i = group.x * THREADS + index;
  var square = 0.0;
  if (i < side * side) {
    let row = i / side;
    let column = i % side;
    let at = select(i, column * side + row, row / BLOCK > column / BLOCK);
    var sum = 0.0;
    for (var span = 0u; span < numbers.spans; span++) {
      sum += grams[span * side * side + at];
    }
    var value = numbers.scale * sum;
//if TARGET
    value -= wanted[i];
    square = value * value;
//end
    matrix[i] = value;
  }
//if TARGET
  let total = total_of(index, square);
  if (index == 0u) {
    parts[group.x] = total;
  }
//end
}
