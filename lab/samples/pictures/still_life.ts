import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex, mixColours, scaleColour } from "../drawing/colour.ts";
import { bloom, grain, vignette } from "../drawing/finish.ts";
import { clamp, smoothstep } from "../drawing/maths.ts";
import { Noise } from "../drawing/noise.ts";
import { along, dot, march, normalise, openness, softShadow, surfaceNormal, type Vector } from "../drawing/solids.ts";
import * as scene from "./still_life_scene.ts";

const EYE: Vector = [0, 1.62, 6.1];
const LIGHT = normalise([-0.72, 0.78, 0.5]);
const FILL = normalise([0.9, 0.35, 0.55]);
const SUN: Colour = [2.35, 2.05, 1.6];
const SKYLIGHT: Colour = [0.3, 0.34, 0.42];
const BOUNCE: Colour = [0.26, 0.18, 0.11];
const noise = new Noise(1658);

interface Surface {
  readonly colour: Colour;
  /** Strength of the highlight, and how small it is. */
  readonly gloss: number;
  readonly sharpness: number;
  /** Light that comes through from behind, as in grapes. */
  readonly glow: number;
}

/** A bottle, a jug and fruit in the light of a window. 720 × 576 points. */
export function drawStillLife(canvas: Canvas): void {
  const aspect = canvas.width / canvas.height;
  canvas.fill((x, y) => {
    const u = (x / canvas.width - 0.5) * aspect * 0.6;
    const v = (0.5 - y / canvas.height) * 0.6 - 0.098;
    return shown(lightAlong(EYE, normalise([u, v, -1]), 1));
  });
  bloom(canvas, 0.85, 12, 0.3);
  vignette(canvas, 0.42);
  grain(canvas, 0.014, 2);
}

/** From light to what a screen shows: a soft shoulder, then the curve of sRGB. */
function shown(light: Colour): Colour {
  return light.map((value) => Math.max(0, 1 - Math.exp(-1.15 * value)) ** (1 / 2.2)) as unknown as Colour;
}

function lightAlong(origin: Vector, direction: Vector, bounces: number): Colour {
  const distance = march(scene.STILL_LIFE, origin, direction, 14);
  if (distance === Infinity) return [0.1, 0.08, 0.07];
  const point = along(origin, direction, distance);
  const material = scene.STILL_LIFE.material(point[0], point[1], point[2]);
  const normal = surfaceNormal(scene.STILL_LIFE, point);
  const surface = surfaceAt(material, point, normal);
  const start = along(point, normal, 0.004);
  const facing = dot(normal, LIGHT);
  const sun = facing > 0 ? facing * softShadow(scene.STILL_LIFE, start, LIGHT, 0.13) : 0;
  const open = openness(scene.STILL_LIFE, point, normal);
  const sky = open * (0.45 + 0.55 * normal[1]) + 0.25 * open * Math.max(0, dot(normal, FILL));
  const bounce = open * Math.max(0, 0.5 - 0.5 * normal[1]);
  const through = surface.glow * Math.max(0, 0.35 - facing) * open;
  let light = surface.colour.map((colour, c) =>
    linear(colour) * (SUN[c]! * (sun + 0.5 * through) + SKYLIGHT[c]! * sky + BOUNCE[c]! * bounce)
  ) as unknown as Colour;
  const half = normalise(along(LIGHT, direction, -1));
  const highlight = surface.gloss * (sun > 0 ? 1 : 0) * Math.max(0, dot(normal, half)) ** surface.sharpness;
  light = [light[0] + highlight * SUN[0], light[1] + highlight * SUN[1], light[2] + highlight * SUN[2]];
  if (bounces > 0 && surface.gloss > 0.15) {
    const glance = 0.04 + 0.5 * (1 - Math.max(0, -dot(normal, direction))) ** 4;
    const mirrored = along(direction, normal, -2 * dot(direction, normal));
    const seen = lightAlong(along(point, normal, 0.01), mirrored, bounces - 1);
    // A window behind the viewer, as bright panes on everything that shines.
    const pane = windowPane(mirrored);
    const share = glance * Math.min(1, surface.gloss);
    light = light.map((value, c) => value * (1 - share) + share * (seen[c]! + 3.2 * pane)) as unknown as Colour;
  }
  return light;
}

function windowPane([x, y, z]: Vector): number {
  if (x > -0.25 || z < 0.1) return 0;
  const u = y / -x;
  const v = z / -x;
  if (u < 0.25 || u > 1.25 || v < 0.35 || v > 1.3) return 0;
  return Math.abs(u - 0.75) < 0.035 || Math.abs(v - 0.82) < 0.035 ? 0.05 : 1;
}

function linear(value: number): number {
  return Math.max(0, value) ** 2.2;
}

function surfaceAt(material: number, [x, y, z]: Vector, normal: Vector): Surface {
  const foot = scene.footOf(material);
  const px = x - foot.x;
  const pz = z - foot.z;
  const turn = Math.atan2(pz, px);
  switch (material) {
    case scene.TABLE:
      return { colour: woodColour(x, z), gloss: 0.22, sharpness: 28, glow: 0 };
    case scene.WALL: {
      const tone = 0.5 + 0.5 * noise.fbm(x * 0.9, y * 0.9, 6) + 0.1 * noise.at(x * 16, y * 16);
      return { colour: mixColours(hex("5d5648"), hex("8f8166"), clamp(tone, 0, 1)), gloss: 0, sharpness: 1, glow: 0 };
    }
    case scene.BOTTLE: {
      const label = y > 0.42 && y < 1.0 && normal[2] > 0.1 && Math.abs(px) < 0.3;
      if (label) return { colour: labelColour(px, y), gloss: 0.05, sharpness: 12, glow: 0 };
      return {
        colour: mixColours(hex("123a26"), hex("2a6a3a"), smoothstep(0.2, 0.9, Math.abs(normal[0]))),
        gloss: 1.4,
        sharpness: 160,
        glow: 0.5,
      };
    }
    case scene.JUG:
      return { colour: jugColour(turn, y, px), gloss: 0.75, sharpness: 90, glow: 0 };
    case scene.PEAR: {
      const blush = smoothstep(-0.1, 0.8, normal[0] * 0.7 + 0.5 * noise.fbm(x * 3, y * 3, 4));
      const speckle = smoothstep(0.36, 0.6, noise.at(turn * 19, y * 38)) * 0.45 + 0.2 * smoothstep(1, 1.2, y);
      const skin = mixColours(hex("c9c048"), hex("d98a3a"), blush);
      return { colour: mixColours(skin, hex("7a5a28"), speckle), gloss: 0.28, sharpness: 30, glow: 0.1 };
    }
    case scene.RED_APPLE:
    case scene.GREEN_APPLE: {
      const streak = noise.fbm(turn * 7 + 3 * material, y * 1.3, 5) + 0.3 * noise.at(turn * 40, y * 3);
      const stripe = clamp(0.55 + 0.9 * streak + 0.4 * normal[0] * (material === scene.RED_APPLE ? 1 : -1), 0, 1);
      const [low, high] = material === scene.RED_APPLE
        ? [hex("d8a43a"), hex("a3161c")]
        : [hex("8fae34"), hex("c8572c")];
      const dots = 0.3 * smoothstep(0.5, 0.66, noise.at(turn * 26, y * 26));
      const share = material === scene.RED_APPLE ? 0.25 + stripe : 0.75 * smoothstep(0.45, 1, stripe);
      return {
        colour: mixColours(mixColours(low, high, clamp(share, 0, 1)), hex("e8d8a0"), dots),
        gloss: 0.6,
        sharpness: 70,
        glow: 0,
      };
    }
    case scene.LEMON: {
      const pores = 0.13 * noise.at(x * 24, y * 24 + z * 24) + 0.08 * noise.at(x * 50, y * 50 - z * 40);
      return { colour: scaleColour(hex("f0c419"), 1 + pores), gloss: 0.35, sharpness: 24, glow: 0.15 };
    }
    case scene.GRAPES: {
      const bloomed = smoothstep(-0.2, 0.5, noise.fbm(x * 5, y * 5 + z * 4, 4));
      return { colour: mixColours(hex("3a1238"), hex("7d6a9a"), 0.45 * bloomed), gloss: 0.5, sharpness: 60, glow: 0.6 };
    }
    default:
      return {
        colour: mixColours(hex("4a3018"), hex("8a6a40"), 0.5 + 0.5 * noise.at(x * 30, y * 12)),
        gloss: 0.05,
        sharpness: 10,
        glow: 0,
      };
  }
}

/** Boards that run from left to right, with year rings and gaps. */
function woodColour(x: number, z: number): Colour {
  const board = Math.floor(z / 0.62 + 0.4);
  const across = z / 0.62 + 0.4 - board;
  const rings = noise.fbm(x * 0.5 + board * 13, z * 5 + 2.2 * noise.at(x * 0.35 + board * 7, z * 0.7), 5);
  const fibre = noise.at(x * 3, z * 70) * 0.22 + noise.at(x * 9, z * 160) * 0.12;
  const colour = mixColours(
    hex("6b4023"),
    hex("b98450"),
    clamp(0.45 + 0.8 * rings + fibre + 0.12 * Math.sin(board * 5), 0, 1),
  );
  const gap = smoothstep(0.018, 0.006, Math.min(across, 1 - across));
  return mixColours(colour, hex("1a0e08"), 0.85 * gap);
}

function labelColour(x: number, y: number): Colour {
  const paper = scaleColour(hex("e8dcb8"), 1 + 0.06 * noise.fbm(x * 14, y * 14, 3));
  const border = Math.abs(Math.abs(y - 0.71) - 0.25) < 0.012;
  const emblem = Math.abs(Math.hypot(x, y - 0.8) - 0.09) < 0.014 || Math.hypot(x, y - 0.8) < 0.045;
  const lines = y < 0.66 && y > 0.5 && Math.abs(x) < 0.2 && (y * 17) % 1 < 0.4;
  return border || emblem ? hex("8a2a22") : lines ? hex("4a4438") : paper;
}

/** White glaze with blue bands and a row of leaves. */
function jugColour(turn: number, y: number, px: number): Colour {
  const glaze = scaleColour(hex("ece6d8"), 1 + 0.05 * noise.fbm(turn * 3, y * 4, 4));
  const blue = mixColours(hex("1d3f8a"), hex("3f68b4"), 0.5 + 0.5 * noise.at(turn * 9, y * 9));
  const band = Math.abs(y - 0.26) < 0.022 || Math.abs(y - 0.94) < 0.022 || Math.abs(y - 1.4) < 0.03;
  const leaf = (turn * 7) / Math.PI - Math.round((turn * 7) / Math.PI);
  const rise = (y - 0.6) / 0.24;
  const leaves = Math.abs(rise) < 1 && Math.abs(leaf - 0.12 * rise) < 0.24 * (1 - rise * rise) ** 0.8 &&
    Math.abs(leaf - 0.12 * rise) > 0.02;
  const dots = Math.hypot(leaf, (Math.abs(y - 0.6) - 0.285) * 6) < 0.11;
  return px > 0.6 ? glaze : band || leaves || dots ? blue : glaze;
}
