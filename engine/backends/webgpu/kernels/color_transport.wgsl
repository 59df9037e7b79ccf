// How the colours of a picture are moved to those of a palette at the least cost, see `palette.ts`, and that cost.
//
// With Cholesky factors Σ = L Lᵀ and S = K Kᵀ the map is A = K Q L⁻¹, Q being the orthogonal matrix that is nearest to KᵀL.
// So the distance is |μ − ν|² + |L − K Q|², which loses nothing where both are almost the same, and needs no eigenvalues.

struct Numbers {
  // One over the weights' sum.
  scale: f32,
  // On the diagonal of a covariance.
  least_variance: f32,
  // Of the term among the totals.
  place: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
// Where colours were seen from, ν, and the columns of K.
@group(0) @binding(1) var<storage, read> palette: array<f32>;
// See `color_sums.wgsl`.
@group(0) @binding(2) var<storage, read> sums: array<f32>;
// μ, μ − ν, and the columns of 1 − A.
@group(0) @binding(3) var<storage, read_write> transport: array<f32>;
@group(0) @binding(4) var<storage, read_write> totals: array<f32>;

// Newton's iteration doubles the digits that are right once the singular values are about 1.
const ITERATIONS = 12u;

fn given(first: u32) -> vec3f {
  return vec3f(palette[first], palette[first + 1u], palette[first + 2u]);
}

fn summed(first: u32) -> vec3f {
  return numbers.scale * vec3f(sums[first], sums[first + 1u], sums[first + 2u]);
}

// Of a matrix with a positive determinant, the orthogonal factor: Higham's scaled Newton iteration.
fn nearest_rotation(matrix: mat3x3f) -> mat3x3f {
  var x = matrix;
  for (var i = 0u; i < ITERATIONS; i++) {
    let cofactors = mat3x3f(cross(x[1], x[2]), cross(x[2], x[0]), cross(x[0], x[1]));
    let determinant = dot(x[0], cofactors[0]);
    let scale = pow(abs(determinant), -1.0 / 3.0);
    x = 0.5 * (scale * x + (1.0 / (scale * determinant)) * cofactors);
  }
  return x;
}

fn keep(first: u32, value: vec3f) {
  transport[first] = value.x;
  transport[first + 1u] = value.y;
  transport[first + 2u] = value.z;
}

@compute @workgroup_size(1)
fn main() {
  let shift = summed(0u);
  let mean = given(0u) + shift;
  let far = (given(0u) - given(3u)) + shift;
  let k = mat3x3f(given(6u), given(9u), given(12u));

  let least = numbers.least_variance;
  let first = summed(3u) - shift.x * shift + vec3f(least, 0.0, 0.0);
  let rest = summed(6u) - shift.yyz * shift.yzz + vec3f(least, 0.0, least);
  // No variance is less, but by rounding.
  let a = sqrt(max(first.x, 0.5 * least));
  let below_a = first.yz / a;
  let b = sqrt(max(rest.x - below_a.x * below_a.x, 0.5 * least));
  let below_b = (rest.y - below_a.x * below_a.y) / b;
  let c = sqrt(max(rest.z - below_a.y * below_a.y - below_b * below_b, 0.5 * least));
  let l = mat3x3f(vec3f(a, below_a), vec3f(0.0, b, below_b), vec3f(0.0, 0.0, c));

  let difference = l - k * nearest_rotation(transpose(k) * l);
  totals[numbers.place] = dot(far, far) + dot(difference[0], difference[0]) + dot(difference[1], difference[1]) +
    dot(difference[2], difference[2]);

  // Of the difference times L⁻¹, from the last column on.
  let third = difference[2] / c;
  let second = (difference[1] - below_b * third) / b;
  keep(0u, mean);
  keep(3u, far);
  keep(6u, (difference[0] - below_a.x * second - below_a.y * third) / a);
  keep(9u, second);
  keep(12u, third);
}
