import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex, mixColours, palette, scaleColour } from "../drawing/colour.ts";
import { bloom, softClip } from "../drawing/finish.ts";
import { clamp, mix, smoothstep } from "../drawing/maths.ts";
import { cellValue, hashCell, Noise } from "../drawing/noise.ts";
import { Random } from "../drawing/random.ts";

/** A pane of glass: the points nearer to it than to any other. */
interface Pane {
  readonly x: number;
  readonly y: number;
  readonly colour: Colour;
  /** Part of the design; thick lead runs between parts. */
  readonly part: number;
  readonly seed: number;
}

const SUN = { x: 330, y: 232, radius: 64 };
const CELL = 26;
const GOLD = palette("ffcf3a ffb31f ff8f1c ffe27a");
const RAYS = [palette("f6b42c e8791f ffd76a"), palette("d63a2e b3202f e8603a")];
const SKY = palette("1d4fc4 2f7be0 163a94 4aa4ea 3a2fa0 6a3fc0");
const HILLS = palette("1e8a4c 0f6a3f 5fb53c 9ccf3a 0c5a58");
const RIVER = palette("1fb5c9 5fd8dc 1787b8 a5ecea");
const FLOWERS = palette("e0263c f04f8a f7d038 ffffff c02a9a ff7a2a");
const BORDER = palette("7a1230 a81c3a 14307c 1c48a8 d9a520");
const LEAD = hex("14151a");

const noise = new Noise(1220);

/** A window: the sun and its rays over hills and a river, in some thousand panes. 640 × 640 points. */
export function drawStainedGlass(canvas: Canvas): void {
  const panes = planPanes(canvas);
  const grid = new Map<number, Pane[]>();
  const key = (column: number, row: number) => (row + 8) * 1000 + column + 8;
  for (const pane of panes) {
    const place = key(Math.floor(pane.x / CELL), Math.floor(pane.y / CELL));
    grid.set(place, [...grid.get(place) ?? [], pane]);
  }
  canvas.fill((x, y) => {
    // Panes are cut by hand: their edges are not straight.
    const wx = x + 2.2 * noise.at(x / 17, y / 17);
    const wy = y + 2.2 * noise.at(x / 17 + 50, y / 17);
    const column = Math.floor(wx / CELL);
    const row = Math.floor(wy / CELL);
    let first = Infinity;
    let second = Infinity;
    let pane = panes[0]!;
    let other = panes[0]!;
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) {
        for (const candidate of grid.get(key(column + dx, row + dy)) ?? []) {
          const distance = Math.hypot(wx - candidate.x, wy - candidate.y);
          if (distance < first) {
            [second, other] = [first, pane];
            [first, pane] = [distance, candidate];
          } else if (distance < second) [second, other] = [distance, candidate];
        }
      }
    }
    const apart = Math.hypot(pane.x - other.x, pane.y - other.y) || 1;
    const edge = ((second - first) * (second + first)) / (2 * apart);
    const thick = pane.part === other.part ? 1.25 : 2.7;
    return mixColours(
      leadColour(x, y, edge, thick),
      glassColour(pane, x, y, edge),
      smoothstep(thick - 0.4, thick + 0.5, edge),
    );
  });
  bloom(canvas, 0.55, 9, 0.35);
  softClip(canvas, 0.85);
}

function glassColour(pane: Pane, x: number, y: number, edge: number): Colour {
  const angle = (hashCell(1, 0, pane.seed) & 1023) / 163;
  const along = (x - pane.x) * Math.cos(angle) + (y - pane.y) * Math.sin(angle);
  const across = (y - pane.y) * Math.cos(angle) - (x - pane.x) * Math.sin(angle);
  // Streaks of the melt, ripples of the surface, seeds (small bubbles), dirt along the lead.
  const streak = noise.fbm(along / 26 + pane.seed % 91, across / 5, 4);
  const ripple = noise.at(x / 4.5, y / 4.5) * 0.5 + noise.at(x / 1.8, y / 1.8) * 0.3;
  const bubble = smoothstep(0.62, 0.75, noise.at(x / 2.6 + 9, y / 3.4)) * 0.35;
  const daylight = 1.12 - 0.34 * Math.hypot((x - SUN.x) / 520, (y - SUN.y) / 520) + 0.1 * noise.at(x / 120, y / 120);
  const dirt = mix(0.55, 1, smoothstep(0, 6, edge));
  const light = daylight * dirt * (1 + 0.3 * streak + 0.16 * ripple + 0.012 * along) + bubble * 0.3;
  const tinted = mixColours(pane.colour, scaleColour(pane.colour, 1.35), clamp(0.5 + streak, 0, 1));
  const lit = scaleColour(tinted, light);
  return mixColours(lit, [light, light, light], 0.05 + 0.12 * bubble);
}

/** Lead is round: it shines on the side of the light. */
function leadColour(x: number, y: number, edge: number, thick: number): Colour {
  const round = 1 - (edge / thick) ** 2;
  const shine = 0.16 * round * (0.6 + 0.6 * noise.at(x / 3, y / 3)) + 0.05 * noise.at(x / 1.3, y / 1.3);
  return mixColours(LEAD, hex("8d95a5"), clamp(shine, 0, 1));
}

function planPanes({ width, height }: Canvas): Pane[] {
  const random = new Random(1150);
  const panes: Pane[] = [];
  const add = (x: number, y: number) => {
    const seed = random.below(1e9);
    const { part, colours } = design(x, y, width, height);
    const colour = scaleColour(colours[seed % colours.length]!, 0.84 + 0.3 * cellValue(3, 3, seed));
    panes.push({ x, y, colour, part, seed });
  };
  // Rings of panes make the sun and bend its surroundings.
  add(SUN.x, SUN.y);
  for (let r = 17, ringNumber = 0; r < 150; r += 15 + r * 0.05, ringNumber++) {
    const count = Math.round((2 * Math.PI * r) / (13 + r * 0.07));
    for (let i = 0; i < count; i++) {
      const angle = ((i + (ringNumber % 2) / 2) / count) * 2 * Math.PI;
      const y = SUN.y + r * Math.sin(angle);
      if (y < meadow(SUN.x + r * Math.cos(angle))) add(SUN.x + r * Math.cos(angle), y);
    }
  }
  // Elsewhere darts are thrown; those too near to another pane do not count.
  for (let tries = 0; tries < 24_000; tries++) {
    const x = random.range(-20, width + 20);
    const y = random.range(-20, height + 20);
    const border = Math.min(x, y, width - x, height - y) < 30;
    const flower = y > 470;
    const room = border ? 15 : flower ? 12.5 : 18;
    if (panes.every((pane) => Math.hypot(pane.x - x, pane.y - y) >= room)) add(x, y);
  }
  return panes;
}

function meadow(x: number): number {
  return 372 + 26 * Math.sin(x / 74 + 1);
}

/** What is shown at a point: sun, rays, sky, hills, river, flowers, border. */
function design(x: number, y: number, width: number, height: number): { part: number; colours: readonly Colour[] } {
  if (Math.min(x, y, width - x, height - y) < 26) {
    return {
      part: 1,
      colours: [BORDER[Math.floor((x + y) / 46) & 3]!, BORDER[4]!, BORDER[(Math.floor(x / 40) + 1) & 3]!],
    };
  }
  const distance = Math.hypot(x - SUN.x, y - SUN.y);
  if (y < meadow(x)) {
    if (distance < SUN.radius) return { part: 2, colours: GOLD };
    const ray = Math.floor(((Math.atan2(y - SUN.y, x - SUN.x) / (2 * Math.PI)) + 1) * 20);
    if (ray % 2 === 0 && distance < 150 + 60 * (ray % 4)) return { part: 3 + ray, colours: RAYS[(ray / 2) % 2]! };
    const band = Math.floor((y + 62 + 30 * Math.sin(x / 80)) / 62) % 3;
    return { part: 60 + band, colours: SKY.slice(2 * band, 2 * band + 2) };
  }
  const river = x - (300 + 90 * Math.sin((y - 372) / 62));
  if (Math.abs(river) < 10 + (y - 360) * 0.16) return { part: 70, colours: RIVER };
  if (y > 486 + 14 * Math.sin(x / 50)) {
    return {
      part: 71 + hashCell(Math.floor(x / 16), Math.floor(y / 16), 5) % 3,
      colours: cellValue(Math.floor(x / 15), Math.floor(y / 15), 3) < 0.55 ? FLOWERS : HILLS,
    };
  }
  const hill = Math.max(0, Math.floor((y - 360 + 24 * Math.sin(x / 57)) / 40));
  return { part: 80 + hill, colours: [HILLS[hill % 5]!, HILLS[(hill + 1) % 5]!] };
}
