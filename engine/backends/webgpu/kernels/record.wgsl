// Writes down what a step has found, and whether all of it is finite: a step that found anything else halts those after it.
// Values are handled as bits: compilers may take it for granted that floats are finite. `progress.wgsl` is a part of it.

struct Numbers {
  // Sums of the network's terms, and of those of the pixels.
  network: u32,
  pixels: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read_write> progress: Progress;
// The sum of squared differences between neighbours, and the gradient's L1 norm.
@group(0) @binding(2) var<storage, read> report: array<u32>;
@group(0) @binding(3) var<storage, read> network: array<u32>;
// A row for each step: 1 where all is finite, the report, the sums.
@group(0) @binding(4) var<storage, read_write> rows: array<u32>;
//if PIXELS
@group(0) @binding(5) var<storage, read> pixels: array<u32>;
//end

const EXPONENT = 0x7f800000u;

var<private> finite: bool = true;

fn write(place: u32, value: u32) {
  finite = finite && (value & EXPONENT) != EXPONENT;
  rows[place] = value;
}

@compute @workgroup_size(1)
fn main() {
  if (progress.halted != 0u) {
    return;
  }
  let first = progress.steps * (3u + numbers.network + numbers.pixels);
  write(first + 1u, report[0]);
  write(first + 2u, report[1]);
  for (var i = 0u; i < numbers.network; i++) {
    write(first + 3u + i, network[i]);
  }
//if PIXELS
  for (var i = 0u; i < numbers.pixels; i++) {
    write(first + 3u + numbers.network + i, pixels[i]);
  }
//end
  rows[first] = bitcast<u32>(select(0.0, 1.0, finite));
  progress.steps += 1u;
  progress.halted = select(1u, 0u, finite);
}
