import type { LossPoint } from "../engine/objective/losses.ts";
import { chartLosses, type Frame } from "./loss_chart.ts";

const WIDTH = 720;
const HEIGHT = 400;
/** Beside it and below it is room for labels. */
const FRAME: Frame = { left: 72, right: 628, top: 28, bottom: 356 };

/**
 * The losses over the steps as an SVG.
 *
 * @param weights What content, style and tv are multiplied with in the total.
 */
export function plotLosses(
  points: readonly LossPoint[],
  weights: Readonly<Record<"content" | "style" | "tv", number>>,
): string {
  const { left, right, top, bottom } = FRAME;
  const { curves, decades, ticks } = chartLosses(points, weights, FRAME);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${
    decades.map(({ exponent, y, labelled }) =>
      `<line x1="${left}" x2="${right}" y1="${round(y)}" y2="${round(y)}" stroke="#dddddd"/>` +
      (labelled ? `<text x="${left - 8}" y="${round(y + 4)}" text-anchor="end">${power(exponent)}</text>` : "")
    ).join("\n")
  }
${ticks.map(({ step, x }) => `<text x="${round(x)}" y="${bottom + 18}" text-anchor="middle">${step}</text>`).join("\n")}
<text x="${(left + right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">step</text>
${
    curves.map(({ name, color, points }, i) => {
      const path = points.map(({ x, y }) => `${round(x)},${round(y)}`).join(" ");
      return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.8"/>\n` +
        `<text x="${right + 8}" y="${top + 14 + 18 * i}" fill="${color}">${name}</text>`;
    }).join("\n")
  }
</svg>
`;
}

function power(exponent: number): string {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const raised = [...String(Math.abs(exponent))].map((digit) => digits[Number(digit)]).join("");
  return `10${exponent < 0 ? "⁻" : ""}${raised}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
