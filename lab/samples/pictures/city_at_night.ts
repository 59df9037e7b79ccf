import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex, mixColours, palette, ramp, scaleColour } from "../drawing/colour.ts";
import { bloom, grain, softClip, vignette } from "../drawing/finish.ts";
import { clamp, mix, smoothstep } from "../drawing/maths.ts";
import { cellValue, Noise } from "../drawing/noise.ts";
import { Random } from "../drawing/random.ts";
import { type Building, drawBridge, planSkyline, SHORE } from "./city_skyline.ts";

const MOON = { x: 168, y: 92, radius: 27 };
const SKY = palette("060a1e 0a1130 121b46 232c63 49407a 8a5877 c77f6c");
const WARM = palette("ffb15c ffd08a ffe2b0 fff3dc");
const COOL = palette("bfe0ff e4f2ff 9cc9ff");
const HAZE = hex("3d3a6e");

const clouds = new Noise(41);
const waves = new Noise(42);
const stone = new Noise(43);

/** A skyline of lit windows under the moon, a hung bridge, and all of it again in the water. 768 × 512 points. */
export function drawCityAtNight(canvas: Canvas): void {
  canvas.fill((x, y) => skyColour(x, Math.min(y, SHORE)));
  drawStars(canvas);
  const random = new Random(2024);
  for (let layer = 0; layer < 3; layer++) {
    for (const building of planSkyline(random, layer, canvas.width)) drawBuilding(canvas, building);
  }
  drawQuay(canvas, random);
  drawBridge(canvas, SHORE);
  drawWater(canvas);
  bloom(canvas, 0.5, 2.5, 0.8);
  bloom(canvas, 0.55, 15, 1.1);
  bloom(canvas, 0.6, 55, 0.9);
  vignette(canvas, 0.35);
  softClip(canvas, 0.78);
  grain(canvas, 0.012, 9);
}

function skyColour(x: number, y: number): Colour {
  const glow = 0.12 * Math.exp(-(((x - 410) / 260) ** 2));
  let colour = ramp(SKY, (y / SHORE) ** 1.5 * 0.9 + 1.9 * glow * smoothstep(120, SHORE, y));
  const distance = Math.hypot(x - MOON.x, y - MOON.y);
  const veil = smoothstep(0.02, 0.62, clouds.fbm(x / 150 + 3, y / 46, 6) + 0.08);
  const lit = 0.2 + 0.9 * Math.exp(-distance / 95) + 0.5 * smoothstep(180, SHORE, y);
  colour = mixColours(colour, ramp([hex("1b2450"), hex("6d6f9f"), hex("e6dccf")], lit * 0.75), 0.55 * veil);
  colour = mixColours(colour, hex("aebbe0"), 0.55 * Math.exp(-distance / 40) + 0.16 * Math.exp(-distance / 130));
  const disc = smoothstep(MOON.radius + 0.6, MOON.radius - 0.6, distance);
  const maria = 0.95 + 0.3 * clouds.fbm(x / 13, y / 13, 4) - 0.1 * smoothstep(0, 1, distance / MOON.radius);
  return mixColours(colour, scaleColour([0.9, 0.87, 0.78], maria * (1 - 0.3 * veil)), disc);
}

function drawStars(canvas: Canvas): void {
  const random = new Random(7);
  for (let i = 0; i < 420; i++) {
    const x = random.range(0, canvas.width);
    const y = random.range(0, 300) * random.next();
    const size = random.range(0.35, 0.75) + (random.chance(0.06) ? 0.5 : 0);
    const light = random.range(0.15, 0.8) * smoothstep(300, 60, y) *
      smoothstep(30, 120, Math.hypot(x - MOON.x, y - MOON.y));
    const colour = mixColours(hex("cfdcff"), hex("ffe9c9"), random.next());
    canvas.visit(x - 2, y - 2, x + 2, y + 2, (px, py, pixel) => {
      canvas.add(pixel, colour, light * Math.exp(-(((px - x) ** 2 + (py - y) ** 2) / size ** 2)));
    });
  }
}

function drawBuilding(canvas: Canvas, building: Building): void {
  const { left, right, top, layer, seed } = building;
  const haze = [0.62, 0.3, 0.06][layer]!;
  const wall = mixColours(hex("0c1024"), HAZE, haze);
  canvas.visit(left, top - 70, right, SHORE, (x, y, pixel) => {
    const roof = building.roof(x);
    if (y < roof) {
      if (building.mast !== undefined) drawMast(canvas, building, x, y, roof, pixel);
      return;
    }
    // Towards the street the wall catches the city's light.
    const low = smoothstep(SHORE - 130, SHORE, y);
    const side = 1 + 0.35 * smoothstep(0.55, 1, (x - left) / (right - left)) + 0.08 * stone.at(x / 5, y / 5);
    let colour = scaleColour(mixColours(wall, hex("59406a"), 0.28 * low), side);
    const window = windowLight(building, x, y, roof);
    if (window) colour = mixColours(colour, window, 1 - 0.55 * haze);
    else if (y < roof + 1.2) colour = mixColours(colour, hex("6a6fa5"), 0.3);
    canvas.blend(pixel, colour, 1);
  });
  if (building.mast !== undefined && cellValue(2, 2, seed) < 0.8) {
    const x = (left + right) / 2;
    const y = building.roof(x) - building.mast;
    canvas.visit(x - 3, y - 3, x + 3, y + 3, (px, py, pixel) => {
      canvas.add(pixel, [1.5, 0.16, 0.12], Math.exp(-((px - x) ** 2 + (py - y) ** 2) / 1.4));
    });
  }
}

function drawMast(canvas: Canvas, building: Building, x: number, y: number, roof: number, pixel: number): void {
  const middle = (building.left + building.right) / 2;
  const up = (roof - y) / building.mast!;
  if (up < 1 && Math.abs(x - middle) < mix(1.3, 0.4, up)) {
    canvas.blend(pixel, mixColours(hex("141a38"), HAZE, 0.3), 0.9);
  }
}

/** The light of the window at a point, or undefined where there is wall or a dark room. */
function windowLight(building: Building, x: number, y: number, roof: number): Colour | undefined {
  const { left, right, layer, seed, pitch, storey } = building;
  if (y < roof + 4 || y > SHORE - 3) return undefined;
  const columns = Math.max(1, Math.floor((right - left - 3) / pitch));
  const inset = (right - left - columns * pitch) / 2;
  const across = (x - left - inset) / pitch;
  const down = (y - building.top - 4) / storey;
  const column = Math.floor(across);
  const row = Math.floor(down);
  if (column < 0 || column >= columns) return undefined;
  const gap = 0.2;
  if (across - column < gap || across - column > 1 - gap || down - row < 0.28 || down - row > 0.82) return undefined;
  const wholeFloor = cellValue(0, row, seed + 5) < 0.06;
  const neighbourhood = 0.5 + 0.5 * stone.at(column / 3 + seed % 97, row / 4);
  if (!wholeFloor && cellValue(column, row, seed) > building.life * (0.35 + 1.1 * neighbourhood)) return undefined;
  const warmth = wholeFloor ? 0.2 : cellValue(column, row, seed + 1);
  const colour = warmth < building.coolness ? ramp(COOL, cellValue(column, row, seed + 2)) : ramp(WARM, warmth);
  // A lamp hangs high in the room; a curtain may take half of the light.
  const lamp = mix(1.1, 0.7, down - row) * (0.45 + 0.85 * cellValue(column, row, seed + 3));
  return scaleColour(colour, lamp * [0.62, 0.95, 1.15][layer]!);
}

/** A dark embankment with lamps, trees and cars' lights. */
function drawQuay(canvas: Canvas, random: Random): void {
  canvas.visit(0, SHORE - 13, canvas.width, SHORE, (x, y, pixel) => {
    const crown = SHORE - 5 - 7 * clamp(stone.fbm(x / 13, 4, 3) + 0.25, 0, 1);
    if (y > crown) canvas.blend(pixel, hex("05070f"), 0.96);
  });
  for (let x = 9; x < canvas.width; x += 21) {
    const y = SHORE - 7.5;
    const cool = random.chance(0.2);
    canvas.visit(x - 4, y - 4, x + 4, y + 4, (px, py, pixel) => {
      const light = 1.9 * Math.exp(-((px - x) ** 2 + (py - y) ** 2) / 1.6);
      canvas.add(pixel, cool ? [0.8, 0.95, 1.1] : [1.2, 0.86, 0.45], light);
    });
  }
}

/** The city upside down, drawn out into columns and broken by ripples that grow towards the viewer. */
function drawWater(canvas: Canvas): void {
  const depth = canvas.height - SHORE;
  canvas.visit(0, SHORE, canvas.width, canvas.height, (x, y, pixel) => {
    const near = (y - SHORE) / depth;
    // Perspective: ripples far away look small and crowded.
    const distance = 1 / (near + 0.07);
    const ripple = waves.fbm(x * 0.012 * distance ** 0.6 + 5, 9 * distance, 4);
    const fine = waves.at(x * 0.05 * distance ** 0.5, 31 * distance + 7);
    const slope = ripple + 0.45 * fine;
    let colour: Colour = [0, 0, 0];
    let total = 0;
    for (let i = -4; i <= 4; i++) {
      const height = (y - SHORE) * (1.35 + 0.11 * i) + 2 + slope * (6 + 50 * near) + i * (1 + 9 * near);
      const weight = 1 / (1 + 0.22 * i * i);
      const source = canvas.colourAt(x + slope * (1.5 + 7 * near) + i * 0.25, SHORE - 2 - Math.abs(height));
      colour = [colour[0] + weight * source[0], colour[1] + weight * source[1], colour[2] + weight * source[2]];
      total += weight;
    }
    const shaded = scaleColour(colour, (1 / total) * mix(1.25, 1.2, near) * (1 + 0.5 * slope));
    const deep = mixColours(hex("070d24"), hex("101a3c"), 0.5 + 0.5 * slope);
    canvas.blend(pixel, mixColours(shaded, deep, 0.12 + 0.2 * near), 1);
    // The moon's path glitters.
    const path = Math.exp(-(((x - MOON.x - 5 * slope) / (14 + 40 * near)) ** 2));
    canvas.add(pixel, [0.72, 0.74, 0.8], 0.9 * path * smoothstep(0.02, 0.5, slope) * (1 - 0.3 * near));
  });
}
