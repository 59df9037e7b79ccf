// Means and mean squares of channels, weighted by m²; and how far they are from a style's: what the gradient has of it, by
// channel, and the squares. A workgroup for each quad of channels.

struct Numbers {
  area: u32,
  quads: u32,
  masked: u32,
  // Where a comparison's squares go among the parts: one for each quad.
  part: u32,
  // One over H·W, or over Σm².
  scale: f32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
//if MEANS
@group(0) @binding(3) var<storage, read_write> means: array<vec4f>;
//end
//if COMPARED
// Rows of `momentTarget()`: means, deviations, ε, factor.
@group(0) @binding(4) var<storage, read> wanted: array<vec4f>;
// D, whose diagonal takes the slopes; by row.
@group(0) @binding(5) var<storage, read_write> matrix: array<f32>;
@group(0) @binding(6) var<storage, read_write> offsets: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> parts: array<f32>;
//end

// Of values, and of squares.
alias Sum = mat2x4f;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let quad = group.x;
  var sum = mat2x4f();
  for (var i = index; i < numbers.area; i += THREADS) {
    let value = features[quad * numbers.area + i];
    var weight = 1.0;
    if (numbers.masked != 0u) {
      weight = mask[i] * mask[i];
    }
    sum += mat2x4f(weight * value, weight * value * value);
  }
  let total = total_of(index, sum);
  if (index > 0u) {
    return;
  }
  let mean = numbers.scale * total[0];
//if MEANS
  means[quad] = mean;
//end
//if COMPARED
  let epsilon = wanted[2u * numbers.quads + quad];
  let factor = wanted[3u * numbers.quads + quad];
  let variance = max(numbers.scale * total[1] - mean * mean, vec4f(0.0));
  let deviation = sqrt(variance + epsilon);
  let mean_shift = mean - wanted[quad];
  let shift = deviation - wanted[numbers.quads + quad];
  let channels = 4u * numbers.quads;
  let half_factor = f32(channels) / 2.0 * factor;
  let slope = half_factor * shift / deviation;
  offsets[quad] = half_factor * mean_shift - slope * mean;
  for (var k = 0u; k < 4u; k++) {
    matrix[(4u * quad + k) * (channels + 1u)] += slope[k];
  }
  parts[numbers.part + quad] = dot(factor, mean_shift * mean_shift + shift * shift);
//end
}
