import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Followed } from "../state/followed.ts";
import { formatNumber } from "../state/format.ts";
import type { LossSeries } from "../state/loss_series.ts";
import { plotOptions } from "./plot_options.ts";

const MAIN = ["total", "content", "style"] as const;

/** The losses by step on a logarithmic scale, of each layer too if wanted. */
export function LossPlot({ followed, steps }: { readonly followed: Followed; readonly steps: number }) {
  const place = useRef<HTMLDivElement>(null);
  const layered = useSignal(false);
  const series = layered.value ? followed.layerLosses : followed.losses;
  const names = layered.value ? series.names : MAIN;
  // Columns come with the first step: subscribe to them by the version.
  const columns = series.version.value > 0 || !layered.value ? names.join() : "";

  useEffect(() => {
    if (layered.value) followed.showLayers();
  }, [layered.value]);

  useEffect(() => {
    const host = place.current;
    if (!host || columns === "") return;
    return draw(host, series, columns.split(","), steps);
  }, [series, columns, steps]);

  void followed.losses.version.value;
  const total = followed.losses.last("total");
  return (
    <figure class="losses">
      <figcaption>
        <h3>Losses</h3>
        <label class="check">
          <input
            type="checkbox"
            checked={layered.value}
            onChange={(event) => layered.value = event.currentTarget.checked}
          />
          Each layer
        </label>
      </figcaption>
      <div
        ref={place}
        class="plot"
        role="img"
        aria-label={total == null
          ? "Plot of the losses, still empty"
          : `Plot of the losses by step: total ${formatNumber(total)} at step ${followed.losses.lastStep}`}
      />
      <dl class="legend">
        {MAIN.map((name) => <Entry key={name} name={name} value={followed.losses.last(name)} />)}
        {layered.value &&
          names.slice(MAIN.length).map((name) => <Entry key={name} name={name} value={series.last(name)} />)}
      </dl>
    </figure>
  );
}

function Entry({ name, value }: { readonly name: string; readonly value: number | null }) {
  const [kind, layer] = name.split(" ");
  return (
    <div class={layer ? `${kind} layer` : kind}>
      <dt>{layer ?? kind}</dt>
      <dd>{value === null ? "–" : formatNumber(value)}</dd>
    </div>
  );
}

/** Draws into `host` and keeps up with the series, at most once for each frame of the screen. @returns Ends it. */
function draw(host: HTMLElement, series: LossSeries, names: readonly string[], steps: number): () => void {
  const data = () => [series.steps, ...names.map((name) => series.column(name))] as unknown as uPlot.AlignedData;
  let plot = create();
  let due = 0;

  function create(): uPlot {
    return new uPlot(plotOptions(host, names, steps), data(), host);
  }
  function again(): void {
    plot.destroy();
    plot = create();
  }
  const stop = series.version.subscribe(() => {
    cancelAnimationFrame(due);
    due = requestAnimationFrame(() => plot.setData(data()));
  });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", again);
  const resized = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height: host.clientHeight }));
  resized.observe(host);
  return () => {
    stop();
    cancelAnimationFrame(due);
    dark.removeEventListener("change", again);
    resized.disconnect();
    plot.destroy();
  };
}
