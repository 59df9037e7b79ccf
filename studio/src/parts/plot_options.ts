import type uPlot from "uplot";

const LOGARITHMIC = 3;
const AXIS_FONT = "11px system-ui, sans-serif";
const AXIS_WIDTH = 44;
const AXIS_HEIGHT = 26;

/** How the losses are drawn: colours from the page, so that they follow light and dark. */
export function plotOptions(host: HTMLElement, names: readonly string[], steps: number): uPlot.Options {
  const styles = getComputedStyle(host);
  const colour = (name: string) => styles.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--muted"),
    font: AXIS_FONT,
    grid: { stroke: colour("--hairline"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [1, Math.max(2, steps)] }, y: { distr: LOGARITHMIC } },
    axes: [
      { ...axis, size: AXIS_HEIGHT },
      {
        ...axis,
        size: AXIS_WIDTH,
        // Only whole powers: those between would lie on top of each other.
        filter: onlyPowers,
        grid: { ...axis.grid, filter: onlyPowers },
        values: (_plot, values) => values.map((value) => value === null ? "" : powerOfTen(value)),
      },
    ],
    series: [{}, ...names.map((name) => line(name, colour))],
  };
}

function line(name: string, colour: (name: string) => string): uPlot.Series {
  const [kind, layer] = name.split(" ");
  return {
    label: name,
    stroke: colour(`--${kind}`),
    width: layer ? 1 : 2,
    ...(layer ? { dash: dashOf(layer) } : {}),
    spanGaps: true,
    points: { show: false },
  };
}

/** The deeper the block, the longer the dash. */
function dashOf(layer: string): number[] {
  return [2 * Number(/conv(\d)/.exec(layer)?.[1] ?? 1), 3];
}

function onlyPowers(_plot: uPlot, splits: number[]): (number | null)[] {
  return splits.map((value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9 ? value : null);
}

function powerOfTen(value: number): string {
  const power = Math.round(Math.log10(value));
  return Math.abs(power) < 4 ? String(Number(value.toPrecision(1))) : `1e${power}`;
}
