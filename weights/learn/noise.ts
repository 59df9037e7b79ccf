import type { Random } from "../../engine/descent/random.ts";

/** A field of one value for each pixel, rows from the top. */
export type Field = Float32Array;

/** Standard normal. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

/** Uniform from `low` to `high`. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** A whole number from `low` to `high`, both included. */
export function wholeBetween(random: Random, low: number, high: number): number {
  return low + Math.floor(random.uniform() * (high - low + 1));
}

/**
 * Fractal noise: octaves of smoothly interpolated lattice noise (value noise), each half as wide as the one before and
 * `roughness` times as high. Mean 0, deviation 1. Near 0.35 it looks like clouds, near 0.7 like rough stone.
 *
 * @param stretch How much longer than wide its features are, in a random direction.
 */
export function fractalNoise(random: Random, side: number, roughness: number, stretch = 1): Field {
  const field = new Float32Array(side * side);
  const angle = between(random, 0, Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const root = Math.sqrt(stretch);
  let height = 1;
  for (let cell = side / 1.5; cell >= 1.5; cell /= 2, height *= roughness) {
    // The lattice covers the picture turned by any angle and stretched.
    const cells = Math.ceil((2 * side * root) / cell) + 3;
    const lattice = Float32Array.from({ length: cells * cells }, () => normal(random));
    const shift = cells / 2;
    for (let y = 0, at = 0; y < side; y++) {
      for (let x = 0; x < side; x++, at++) {
        const [dx, dy] = [x - side / 2, y - side / 2];
        const u = (dx * cos + dy * sin) / root / cell + shift;
        const v = ((dy * cos - dx * sin) * root) / cell + shift;
        const [column, row] = [Math.floor(u), Math.floor(v)];
        const [s, t] = [smooth(u - column), smooth(v - row)];
        const corner = row * cells + column;
        const above = lattice[corner]! + s * (lattice[corner + 1]! - lattice[corner]!);
        const below = lattice[corner + cells]! + s * (lattice[corner + cells + 1]! - lattice[corner + cells]!);
        field[at]! += height * (above + t * (below - above));
      }
    }
  }
  return standardise(field);
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

function standardise(field: Field): Field {
  const mean = field.reduce((sum, value) => sum + value, 0) / field.length;
  const variance = field.reduce((sum, value) => sum + (value - mean) ** 2, 0) / field.length;
  const scale = 1 / Math.sqrt(variance + 1e-12);
  return field.map((value) => (value - mean) * scale);
}
