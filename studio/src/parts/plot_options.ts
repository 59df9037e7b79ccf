import type uPlot from "uplot";

const LOGARITHMIC = 3;
const AXIS_FONT = "11px system-ui, sans-serif";
const AXIS_WIDTH = 44;
const AXIS_HEIGHT = 26;

/** How the losses are drawn: colours from the page, so that they follow light and dark. */
export function plotOptions(host: HTMLElement, names: readonly string[]): uPlot.Options {
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
    scales: { x: { time: false }, y: { distr: LOGARITHMIC } },
    axes: [
      { ...axis, size: AXIS_HEIGHT },
      {
        ...axis,
        size: AXIS_WIDTH,
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
    ...(layer ? { dash: [4, 3] } : {}),
    spanGaps: true,
    points: { show: false },
  };
}

/** Only whole powers are labelled: those between would lie on top of each other. */
function powerOfTen(value: number): string {
  const power = Math.log10(value);
  if (Math.abs(power - Math.round(power)) > 1e-9) return "";
  return Math.abs(power) < 4 ? String(Number(value.toPrecision(1))) : `1e${Math.round(power)}`;
}
