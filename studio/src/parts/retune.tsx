import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { messageOf, request } from "../api/client.ts";
import { Retune as RetuneMutation, type RetuneInput } from "../api/operations.ts";
import { options } from "../state/catalogue.ts";
import type { Transfer } from "../state/followed.ts";
import { formatNumber } from "../state/format.ts";
import { Slider } from "./slider.tsx";

/** Milliseconds for which a slider has to rest before the engine hears of it. */
const REST_MS = 150;
const DECADES = 2;

/** What may be changed while it is painted: its name for the API, and where it stands in a request. */
interface Knob {
  readonly name: string;
  readonly label: string;
  readonly path: readonly string[];
}

function knobs(): readonly Knob[] {
  return options.value.flatMap(({ name, label, retunable, parts }) => [
    ...(retunable ? [{ name, label, path: [name] }] : []),
    ...(parts ?? []).filter((part) => part.retunable).map((part) => ({ ...part, path: [name, part.name] })),
  ]);
}

function valueAt(settings: unknown, path: readonly string[]): number {
  return path.reduce((value, name) => (value as Readonly<Record<string, unknown>>)[name], settings) as number;
}

/** What is off needs something that its slider can be a multiple of. */
const UNIT = 0.001;

/** Sliders that act on the painting while it is painted: each a power of ten around where it began. */
export function Retune({ transfer }: { readonly transfer: Transfer }) {
  const start = useRef(
    Object.fromEntries(knobs().map(({ name, path }) => [name, valueAt(transfer.settings, path)])),
  ).current;
  const powers = useSignal<Readonly<Record<string, number>>>({});
  const said = useSignal("");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const due = useRef<Record<string, number>>({});
  useEffect(() => () => clearTimeout(timer.current), []);

  const valueOf = (knob: string, power: number): number => {
    const unit = start[knob] || UNIT;
    return power <= -DECADES && start[knob] === 0 ? 0 : Number((unit * 10 ** power).toPrecision(3));
  };
  const powerOf = (knob: string) => powers.value[knob] ?? (start[knob] === 0 ? -DECADES : 0);

  function turn(knob: string, power: number): void {
    powers.value = { ...powers.value, [knob]: power };
    due.current = { ...due.current, [knob]: valueOf(knob, power) };
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
      {knobs().map(({ name, label }) => (
        <Slider
          key={name}
          label={label}
          value={powerOf(name)}
          min={-DECADES}
          max={DECADES}
          step={0.1}
          text={formatNumber(valueOf(name, powerOf(name)))}
          onInput={(power) => turn(name, power)}
        />
      ))}
      <p class="help" role="status">{said.value || "Moving a slider acts on the very next step."}</p>
    </section>
  );
}
