// Sums of a picture's colours, seen from one that is near to their mean, and of the colours' products, in parts. `sum.wgsl`
// is a part of it.

struct Numbers {
  pixels: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
// The first three values are where colours are seen from.
@group(0) @binding(1) var<storage, read> palette: array<f32>;
@group(0) @binding(2) var<storage, read> picture: array<f32>;
// All parts of a sum, then all of the next: r, g, b, rr, rg, rb, gg, gb, bb.
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;
//if WEIGHTS
// Of each pixel.
@group(0) @binding(4) var<storage, read> weights: array<f32>;
//end

alias Sum = mat3x3f;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let part = group.y * groups.x + group.x;
  let origin = vec3f(palette[0], palette[1], palette[2]);
  var sum = mat3x3f();
  for (var k = 0u; k < EACH; k++) {
    let i = (part * EACH + k) * THREADS + index;
    if (i < numbers.pixels) {
      let color = vec3f(picture[3u * i], picture[3u * i + 1u], picture[3u * i + 2u]) - origin;
      var weighted = color;
//if WEIGHTS
      weighted *= weights[i];
//end
      let last = vec3f(weighted.yy * color.yz, weighted.z * color.z);
      sum += mat3x3f(weighted, weighted.x * color, last);
    }
  }
  let total = total_of(index, sum);
  if (index == 0u) {
    let count = groups.x * groups.y;
    for (var k = 0u; k < 9u; k++) {
      parts[k * count + part] = total[k / 3u][k % 3u];
    }
  }
}
