/** A point or a direction in space; y is up, the viewer looks along -z. */
export type Vector = readonly [number, number, number];

export function vector(x: number, y: number, z: number): Vector {
  return [x, y, z];
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function normalise(a: Vector): Vector {
  const length = Math.sqrt(dot(a, a)) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
}

/** `a` and `factor` times `b`. */
export function along(a: Vector, b: Vector, factor: number): Vector {
  return [a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2]];
}

/** Distance to the union of two bodies, their joint rounded over a width of `k` (quadratic blend). */
export function smoothUnion(a: number, b: number, k: number): number {
  const h = Math.max(k - Math.abs(a - b), 0) / k;
  return Math.min(a, b) - (h * h * k) / 4;
}

export function sphere(x: number, y: number, z: number, radius: number): number {
  return Math.sqrt(x * x + y * y + z * z) - radius;
}

/** An upright cylinder with rounded edges, standing on y = 0. */
export function cylinder(x: number, y: number, z: number, radius: number, height: number, round: number): number {
  const dx = Math.sqrt(x * x + z * z) - radius + round;
  const dy = Math.abs(y - height / 2) - height / 2 + round;
  const outside = Math.sqrt(Math.max(dx, 0) ** 2 + Math.max(dy, 0) ** 2);
  return Math.min(Math.max(dx, dy), 0) + outside - round;
}

/** What is in a scene: the distance from a point to the nearest surface, and which material that is. */
export interface Scene {
  readonly distance: (x: number, y: number, z: number) => number;
  readonly material: (x: number, y: number, z: number) => number;
}

/** Walks along a ray until it meets a surface; Infinity where it meets none within `far`. */
export function march(scene: Scene, origin: Vector, direction: Vector, far: number): number {
  let travelled = 0;
  for (let step = 0; step < 110; step++) {
    const point = along(origin, direction, travelled);
    const distance = scene.distance(point[0], point[1], point[2]);
    if (distance < 0.0006 * (1 + travelled)) return travelled;
    travelled += distance * 0.92;
    if (travelled > far) return Infinity;
  }
  return travelled;
}

/** The direction a surface faces, by central differences. */
export function surfaceNormal(scene: Scene, [x, y, z]: Vector): Vector {
  const e = 0.0015;
  return normalise([
    scene.distance(x + e, y, z) - scene.distance(x - e, y, z),
    scene.distance(x, y + e, z) - scene.distance(x, y - e, z),
    scene.distance(x, y, z + e) - scene.distance(x, y, z - e),
  ]);
}

/** How much of a broad light in `direction` reaches a point: 0 to 1, soft at the edges of shadows. */
export function softShadow(scene: Scene, origin: Vector, direction: Vector, softness: number): number {
  let lit = 1;
  let travelled = 0.02;
  for (let step = 0; step < 48 && travelled < 5; step++) {
    const point = along(origin, direction, travelled);
    const distance = scene.distance(point[0], point[1], point[2]);
    if (distance < 0.0005) return 0;
    lit = Math.min(lit, 0.5 + (0.5 * distance) / (softness * travelled));
    travelled += Math.min(Math.max(distance, 0.012), 0.25);
  }
  lit = Math.max(0, lit);
  return lit * lit * (3 - 2 * lit);
}

/** How open the space before a surface is: 0 in a corner to 1 in the open. */
export function openness(scene: Scene, point: Vector, normal: Vector): number {
  let hidden = 0;
  let weight = 1;
  for (let step = 1; step <= 5; step++) {
    const reach = 0.07 * step;
    const [x, y, z] = along(point, normal, reach);
    hidden += weight * Math.max(0, reach - scene.distance(x, y, z));
    weight *= 0.72;
  }
  return Math.max(0, 1 - 1.7 * hidden);
}
