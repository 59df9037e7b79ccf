import type { LossPoint } from "../engine/objective/losses.ts";

const WIDTH = 720;
const HEIGHT = 400;
const MARGIN = { left: 72, right: 92, top: 28, bottom: 44 };
/** Distinguishable in grey and for colour-blind eyes: Okabe and Ito (2008). */
const CURVES = [
  { key: "total", color: "#000000" },
  { key: "content", color: "#0072b2" },
  { key: "style", color: "#d55e00" },
  { key: "tv", color: "#009e73" },
] as const;

/**
 * The losses over the steps as an SVG, on a logarithmic scale. Each curve is weighted as in the total, so that one sees
 * what drives it; values that are not above zero have no place on the scale and are left out.
 *
 * @param weights What content, style and tv are multiplied with in the total.
 */
export function plotLosses(points: readonly LossPoint[], weights: Record<"content" | "style" | "tv", number>): string {
  const curves = CURVES.map(({ key, color }) => ({
    key,
    color,
    values: points
      .map((point) => ({ step: point.step, value: point[key] * (key === "total" ? 1 : weights[key]) }))
      .filter(({ value }) => value > 0 && Number.isFinite(value)),
  })).filter(({ values }) => values.length > 0);
  const logs = curves.flatMap(({ values }) => values.map(({ value }) => Math.log10(value)));
  const low = Math.floor(Math.min(...logs, 0));
  const high = Math.ceil(Math.max(...logs, low + 1));
  const last = Math.max(points.at(-1)?.step ?? 1, 2);
  const x = (step: number) => MARGIN.left + ((step - 1) / (last - 1)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (log: number) => MARGIN.top + ((high - log) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const decades = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  const labelled = Math.ceil(decades.length / 10);
  const ticks = niceSteps(last);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${
    decades.map((decade) =>
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${round(y(decade))}" y2="${
        round(y(decade))
      }" stroke="#dddddd"/>` +
      ((decade - low) % labelled === 0
        ? `<text x="${MARGIN.left - 8}" y="${round(y(decade) + 4)}" text-anchor="end">${power(decade)}</text>`
        : "")
    ).join("\n")
  }
${
    ticks.map((step) =>
      `<text x="${round(x(step))}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">${step}</text>`
    ).join("\n")
  }
<text x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">step</text>
${
    curves.map(({ key, color, values }, i) => {
      const path = values.map(({ step, value }) => `${round(x(step))},${round(y(Math.log10(value)))}`).join(" ");
      const name = key === "total" ? "total" : `${weights[key]} · ${key}`;
      return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.8"/>\n` +
        `<text x="${WIDTH - MARGIN.right + 8}" y="${MARGIN.top + 14 + 18 * i}" fill="${color}">${name}</text>`;
    }).join("\n")
  }
</svg>
`;
}

/** Steps to label: the first, the last, and round numbers between. */
function niceSteps(last: number): number[] {
  const unit = 10 ** Math.floor(Math.log10(last));
  const stride = last / unit < 2 ? unit / 5 : last / unit < 5 ? unit / 2 : unit;
  const steps = [1];
  for (let step = stride; step < last - stride / 3; step += stride) if (step > 1) steps.push(Math.round(step));
  return [...new Set([...steps, last])];
}

function power(exponent: number): string {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const raised = [...String(Math.abs(exponent))].map((digit) => digits[Number(digit)]).join("");
  return `10${exponent < 0 ? "⁻" : ""}${raised}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
