export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

export function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

/** 0 up to `low`, 1 from `high`, smooth between; `low` may be the larger one. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = clamp((value - low) / (high - low), 0, 1);
  return t * t * (3 - 2 * t);
}

/** Perlin's quintic: flat to the second derivative at 0 and 1. */
export function fade(t: number): number {
  return t * t * t * (t * (6 * t - 15) + 10);
}
