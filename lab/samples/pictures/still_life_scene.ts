import { cylinder, type Scene, smoothUnion, sphere } from "../drawing/solids.ts";

/** Materials of the scene. */
export const TABLE = 0;
export const WALL = 1;
export const BOTTLE = 2;
export const JUG = 3;
export const PEAR = 4;
export const RED_APPLE = 5;
export const GREEN_APPLE = 6;
export const LEMON = 7;
export const GRAPES = 8;
const STEM = 9;
const CORK = 10;

interface Body {
  readonly material: number;
  /** Place of its foot on the table. */
  readonly x: number;
  readonly z: number;
  /** A sphere around it: height of the middle, and radius. Further away, the distance to that is enough. */
  readonly middle: number;
  readonly radius: number;
  /** Distance in the body's own coordinates, foot at the origin. */
  readonly distance: (x: number, y: number, z: number) => number;
}

/** Bunches of grapes: x, y, z and radius of each, in the bunch's own coordinates. */
const BUNCH = [
  [0, 0.13, 0, 0.13],
  [0.24, 0.125, 0.05, 0.125],
  [0.12, 0.13, 0.22, 0.13],
  [-0.17, 0.12, 0.17, 0.12],
  [-0.22, 0.125, -0.06, 0.125],
  [0.44, 0.115, 0.16, 0.115],
  [0.33, 0.12, 0.3, 0.12],
  [-0.03, 0.115, 0.39, 0.115],
  [0.08, 0.31, 0.08, 0.125],
  [-0.09, 0.3, 0.05, 0.12],
  [0.27, 0.29, 0.17, 0.115],
  [0.02, 0.29, 0.24, 0.12],
  [0.1, 0.46, 0.1, 0.11],
  [0.21, 0.115, 0.45, 0.11],
  [0.57, 0.105, 0.31, 0.105],
  [-0.36, 0.11, 0.08, 0.11],
] as const;

const BODIES: readonly Body[] = [
  { material: BOTTLE, x: -1.02, z: -0.55, middle: 1.2, radius: 1.32, distance: bottle },
  {
    material: CORK,
    x: -1.02,
    z: -0.55,
    middle: 2.42,
    radius: 0.25,
    distance: (x, y, z) => cylinder(x, y - 2.3, z, 0.085, 0.2, 0.02),
  },
  { material: JUG, x: 0.98, z: -0.6, middle: 0.8, radius: 1.15, distance: jug },
  { material: PEAR, x: 0.02, z: 0.12, middle: 0.62, radius: 0.76, distance: pear },
  {
    material: STEM,
    x: 0.02,
    z: 0.12,
    middle: 1.3,
    radius: 0.25,
    distance: (x, y, z) => stem(x + 0.05, y - 1.17, z, 0.24, 0.09),
  },
  {
    material: RED_APPLE,
    x: -0.62,
    z: 0.66,
    middle: 0.42,
    radius: 0.55,
    distance: (x, y, z) => apple(x, y, z, 0.43, 0.2),
  },
  {
    material: STEM,
    x: -0.62,
    z: 0.66,
    middle: 0.8,
    radius: 0.3,
    distance: (x, y, z) => stem(x, y - 0.59, z, 0.26, -0.08),
  },
  {
    material: GREEN_APPLE,
    x: 1.55,
    z: 0.32,
    middle: 0.4,
    radius: 0.52,
    distance: (x, y, z) => apple(x, y, z, 0.4, -0.25),
  },
  {
    material: STEM,
    x: 1.55,
    z: 0.32,
    middle: 0.75,
    radius: 0.3,
    distance: (x, y, z) => stem(x + 0.06, y - 0.53, z, 0.24, 0.06),
  },
  { material: LEMON, x: -1.6, z: 0.52, middle: 0.29, radius: 0.5, distance: lemon },
  { material: GRAPES, x: 0.52, z: 0.72, middle: 0.25, radius: 0.75, distance: grapes },
];

function bottle(x: number, y: number, z: number): number {
  const body = cylinder(x, y, z, 0.37, 1.38, 0.07);
  const neck = cylinder(x, y - 1.1, z, 0.115, 1.24, 0.03);
  const lip = cylinder(x, y - 2.22, z, 0.145, 0.1, 0.035);
  return Math.min(smoothUnion(body, neck, 0.42), lip);
}

function jug(x: number, y: number, z: number): number {
  const flat = sphere(x, (y - 0.6) * 0.92, z, 0.58);
  const neck =
    Math.hypot(Math.hypot(x, z) - (0.27 + 0.16 * Math.max(0, y - 1.15) ** 1.2), Math.max(0, Math.abs(y - 1.2) - 0.28)) -
    0.035;
  const foot = cylinder(x, y, z, 0.34, 0.12, 0.04);
  const body = smoothUnion(smoothUnion(flat, neck, 0.26), foot, 0.12);
  // A handle on the right: part of a flat ring.
  const hx = x - 0.52;
  const hy = y - 0.98;
  const handle = Math.hypot(Math.hypot(hx, hy * 0.86) - 0.32, z * 0.8) - 0.052;
  return smoothUnion(body, hx < -0.14 ? handle + 0.4 : handle, 0.08);
}

function pear(x: number, y: number, z: number): number {
  const lean = x + 0.06 * y * y;
  const belly = sphere(lean, (y - 0.43) * 0.97, z, 0.44);
  const top = sphere(lean + 0.01, y - 0.97, z, 0.2);
  const dimple = 0.025 * Math.exp(-(lean * lean + z * z) / 0.006) * (y > 1 ? 1 : 0);
  return (smoothUnion(belly, top, 0.46) + dimple) * 0.9;
}

/** A ring of no hole, turned about the upright axis: round with a dimple at the top and the bottom. */
function apple(x: number, y: number, z: number, size: number, lean: number): number {
  const ax = x * Math.cos(lean) + (y - size * 0.74) * Math.sin(lean);
  const ay = (y - size * 0.74) * Math.cos(lean) - x * Math.sin(lean);
  const around = Math.hypot(ax, z);
  const narrow = 1 + 0.1 * (ay / size) * -1;
  const lobes = 1 + 0.018 * Math.cos(5 * Math.atan2(z, ax)) * (0.7 - 0.3 * Math.tanh((4 * ay) / size));
  return (Math.hypot(around * narrow * lobes - size * 0.25, ay * 1.02) - size * 0.75) * 0.88;
}

function lemon(x: number, y: number, z: number): number {
  const ax = x * 0.86 + z * 0.5;
  const az = z * 0.86 - x * 0.5;
  const body = (Math.hypot(ax * 0.8, y - 0.29, az) - 0.3) * 0.95;
  const tip = sphere(ax - 0.39, y - 0.29, az, 0.06);
  return smoothUnion(body, Math.min(tip, sphere(ax + 0.4, y - 0.29, az, 0.045)), 0.14);
}

function grapes(x: number, y: number, z: number): number {
  let nearest = Infinity;
  for (const [gx, gy, gz, radius] of BUNCH) nearest = Math.min(nearest, sphere(x - gx, y - gy, z - gz, radius));
  return nearest;
}

function stem(x: number, y: number, z: number, height: number, bend: number): number {
  const up = Math.min(Math.max(y / height, 0), 1);
  return Math.hypot(x - bend * up * up, y - up * height, z) - 0.016 - 0.012 * up;
}

function nearest(x: number, y: number, z: number): { distance: number; material: number } {
  let distance = y;
  let material = TABLE;
  const wall = z + 2.3;
  if (wall < distance) [distance, material] = [wall, WALL];
  for (const body of BODIES) {
    const bx = x - body.x;
    const bz = z - body.z;
    const around = Math.sqrt(bx * bx + (y - body.middle) ** 2 + bz * bz) - body.radius;
    if (around >= distance) continue;
    const found = around > 0.25 ? around + 0.05 : body.distance(bx, y, bz);
    if (found < distance) [distance, material] = [found, body.material];
  }
  return { distance, material };
}

/** A bottle, a jug and fruit on a table before a wall. */
export const STILL_LIFE: Scene = {
  distance: (x, y, z) => nearest(x, y, z).distance,
  material: (x, y, z) => nearest(x, y, z).material,
};

/** Where a body stands, for textures that follow its form. */
export function footOf(material: number): { readonly x: number; readonly z: number } {
  return BODIES.find((body) => body.material === material) ?? { x: 0, z: 0 };
}
