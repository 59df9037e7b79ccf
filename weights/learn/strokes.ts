import type { Random } from "../../engine/descent/random.ts";
import { Canvas, naturalColor, nearby, palette } from "./canvas.ts";
import { between, fractalNoise, wholeBetween } from "./noise.ts";

/** Brush strokes that follow a flow, with bristle marks, on a rough ground. */
export function strokes(random: Random, side: number): Canvas {
  const canvas = new Canvas(side, naturalColor(random));
  const ground = fractalNoise(random, side, 0.4);
  for (let pixel = 0; pixel < side * side; pixel++) canvas.add(pixel, [30, 30, 30], ground[pixel]!);
  const flow = fractalNoise(random, side, 0.35);
  const tones = fractalNoise(random, side, 0.4);
  const turn = between(random, 0.7, 3.5);
  const colors = palette(random, wholeBetween(random, 3, 7));
  const brush = between(random, 1.5, 6);
  for (let stroke = wholeBetween(random, 300, 1500); stroke > 0; stroke--) {
    let [x, y] = [between(random, 0, side - 1), between(random, 0, side - 1)];
    const width = brush * between(random, 0.5, 1.5);
    const tone = (tones[Math.floor(y) * side + Math.floor(x)]! + 2) / 4;
    const index = Math.max(0, Math.min(colors.length - 1, Math.floor(tone * colors.length)));
    const color = nearby(random, colors[index]!, 14);
    const [bristles, phase] = [between(random, 0, 30), between(random, 0, 6)];
    const step = Math.max(1, width / 2);
    for (let way = width * between(random, 4, 14); way > 0; way -= step) {
      const angle = turn * flow[Math.floor(y) * side + Math.floor(x)]!;
      x += step * Math.cos(angle);
      y += step * Math.sin(angle);
      if (x < 0 || y < 0 || x >= side || y >= side) break;
      dab(canvas, x, y, width, (dx, dy) => {
        const across = dy * Math.cos(angle) - dx * Math.sin(angle);
        return bristles * Math.sin(2.2 * across + phase);
      }, color);
    }
  }
  return canvas;
}

function dab(
  canvas: Canvas,
  x: number,
  y: number,
  r: number,
  brighter: (dx: number, dy: number) => number,
  color: ReturnType<typeof naturalColor>,
): void {
  const { side } = canvas;
  for (let row = Math.max(0, Math.ceil(y - r)); row < Math.min(side, y + r); row++) {
    for (let column = Math.max(0, Math.ceil(x - r)); column < Math.min(side, x + r); column++) {
      const [dx, dy] = [column - x, row - y];
      if (dx * dx + dy * dy < r * r) canvas.set(row * side + column, color, brighter(dx, dy));
    }
  }
}
