import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { messageOf, request } from "../api/client.ts";
import { type FollowData, Retune as RetuneMutation, type RetuneInput } from "../api/operations.ts";
import { formatNumber } from "../state/format.ts";
import { Slider } from "./slider.tsx";

/** Milliseconds for which a slider has to rest before the engine hears of it. */
const REST_MS = 150;
const DECADES = 2;

const KNOBS = [
  ["styleWeight", "Style"],
  ["contentWeight", "Picture"],
  ["tvWeight", "Smoothing"],
  ["learningRate", "Step length"],
] as const;
type Knob = (typeof KNOBS)[number][0];

/** Smoothing is mostly off, so that its slider needs something to be a multiple of. */
const TV_UNIT = 0.001;

/** Sliders that act on the painting while it is painted: each a power of ten around where it began. */
export function Retune({ transfer }: { readonly transfer: NonNullable<FollowData["transfer"]> }) {
  const { options } = transfer;
  const start = useRef<Readonly<Record<Knob, number>>>({
    styleWeight: options.styleWeight || 1,
    contentWeight: options.contentWeight || 1,
    tvWeight: options.tvWeight,
    learningRate: options.optimizer.learningRate,
  }).current;
  const powers = useSignal<Partial<Record<Knob, number>>>({});
  const said = useSignal("");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const due = useRef<Record<string, number>>({});
  useEffect(() => () => clearTimeout(timer.current), []);

  const valueAt = (knob: Knob, power: number): number => {
    if (knob !== "tvWeight" || start.tvWeight > 0) return Number((start[knob] * 10 ** power).toPrecision(3));
    return power <= -DECADES ? 0 : Number((TV_UNIT * 10 ** power).toPrecision(3));
  };
  const powerOf = (knob: Knob) => powers.value[knob] ?? (knob === "tvWeight" && start.tvWeight === 0 ? -DECADES : 0);

  function turn(knob: Knob, power: number): void {
    powers.value = { ...powers.value, [knob]: power };
    due.current = { ...due.current, [knob]: valueAt(knob, power) };
    clearTimeout(timer.current);
    timer.current = setTimeout(async () => {
      const input: RetuneInput = due.current;
      due.current = {};
      try {
        await request(RetuneMutation, { id: transfer.id, input });
        said.value = "In effect from the next step.";
      } catch (error) {
        said.value = messageOf(error);
      }
    }, REST_MS);
  }

  return (
    <section class="retune" aria-labelledby="retune-heading">
      <h3 id="retune-heading">Steer it</h3>
      {KNOBS.map(([knob, label]) => (
        <Slider
          key={knob}
          label={label}
          value={powerOf(knob)}
          min={-DECADES}
          max={DECADES}
          step={0.1}
          text={formatNumber(valueAt(knob, powerOf(knob)))}
          onInput={(power) => turn(knob, power)}
        />
      ))}
      <p class="help" role="status">{said.value || "Moving a slider acts on the very next step."}</p>
    </section>
  );
}
