import type { LossPoint } from "../engine/objective/losses.ts";

/** Distinguishable in grey and for colour-blind eyes: Okabe and Ito (2008). */
const CURVES = [
  { key: "total", color: "#000000" },
  { key: "content", color: "#0072b2" },
  { key: "style", color: "#d55e00" },
  { key: "tv", color: "#009e73" },
] as const;
/** Decades that have a label, at most so many and one. */
const LABELLED_DECADES = 10;

/** Where a chart is drawn, in its units; y grows downwards. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface LossCurve {
  readonly name: string;
  readonly color: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** What is where in a chart of losses. Every place is within its frame. */
export interface LossChart {
  readonly curves: readonly LossCurve[];
  /** Powers of ten, the lowest first. */
  readonly decades: readonly { readonly exponent: number; readonly y: number; readonly labelled: boolean }[];
  /** Steps that have a label. */
  readonly ticks: readonly { readonly step: number; readonly x: number }[];
}

/**
 * The losses over the steps on a logarithmic scale. Each curve is weighted as in the total, so that one sees what drives it;
 * values that are not above zero have no place on the scale and are left out.
 *
 * @param weights What content, style and tv are multiplied with in the total.
 */
export function chartLosses(
  points: readonly LossPoint[],
  weights: Readonly<Record<"content" | "style" | "tv", number>>,
  { left, right, top, bottom }: Frame,
): LossChart {
  const curves = CURVES.map(({ key, color }) => ({
    name: key === "total" ? "total" : `${weights[key]} · ${key}`,
    color,
    values: points
      .map((point) => ({ step: point.step, value: point[key] * (key === "total" ? 1 : weights[key]) }))
      .filter(({ value }) => value > 0 && Number.isFinite(value)),
  })).filter(({ values }) => values.length > 0);
  const logs = curves.flatMap(({ values }) => values.map(({ value }) => Math.log10(value)));
  const low = Math.floor(Math.min(...logs, 0));
  const high = Math.ceil(Math.max(...logs, low + 1));
  const last = Math.max(points.at(-1)?.step ?? 1, 2);
  const x = (step: number) => left + ((step - 1) / (last - 1)) * (right - left);
  const y = (log: number) => top + ((high - log) / (high - low)) * (bottom - top);
  const exponents = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  const stride = Math.ceil(exponents.length / LABELLED_DECADES);
  return {
    curves: curves.map(({ name, color, values }) => ({
      name,
      color,
      points: values.map(({ step, value }) => ({ x: x(step), y: y(Math.log10(value)) })),
    })),
    decades: exponents.map((exponent, i) => ({ exponent, y: y(exponent), labelled: i % stride === 0 })),
    ticks: niceSteps(last).map((step) => ({ step, x: x(step) })),
  };
}

/** Steps to label: the first, the last, and round numbers between. */
function niceSteps(last: number): number[] {
  const unit = 10 ** Math.floor(Math.log10(last));
  const stride = last / unit < 2 ? unit / 5 : last / unit < 5 ? unit / 2 : unit;
  const steps = [1];
  for (let step = stride; step < last - stride / 3; step += stride) if (step > 1) steps.push(Math.round(step));
  return [...new Set([...steps, last])];
}
