import { useId } from "preact/hooks";
import type { LayerInput } from "../api/operations.ts";
import { formatNumber } from "../state/format.ts";

interface NumberFieldProps {
  readonly label: string;
  readonly help: string;
  /** The preset's, shown while the field is empty. */
  readonly preset: number;
  readonly value: number | undefined;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number | undefined) => void;
}

/** A number; left empty, the preset's counts. */
export function NumberField({ label, help, preset, value, min, max, onChange }: NumberFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        step="any"
        min={min}
        max={max}
        value={value ?? ""}
        placeholder={formatNumber(preset)}
        aria-describedby={`${id}-help`}
        onChange={(event) => {
          const { valueAsNumber } = event.currentTarget;
          onChange(Number.isNaN(valueAsNumber) ? undefined : valueAsNumber);
        }}
      />
      <p class="help" id={`${id}-help`}>{help}</p>
    </div>
  );
}

interface ChoicesProps<Value extends string> {
  readonly label: string;
  readonly help: string;
  readonly value: string;
  readonly options: readonly (readonly [Value, string])[];
  readonly onChange: (value: Value) => void;
}

/** One of a few. */
export function Choices<Value extends string>({ label, help, value, options, onChange }: ChoicesProps<Value>) {
  const id = useId();
  return (
    <fieldset class="field" aria-describedby={`${id}-help`}>
      <legend>{label}</legend>
      <div class="segments">
        {options.map(([name, text]) => (
          <label key={name}>
            <input type="radio" name={id} value={name} checked={name === value} onChange={() => onChange(name)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
      <p class="help" id={`${id}-help`}>{help}</p>
    </fieldset>
  );
}

interface ToggleProps {
  readonly label: string;
  readonly help: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}

/** On or off. */
export function Toggle({ label, help, value, onChange }: ToggleProps) {
  const id = useId();
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          checked={value}
          aria-describedby={`${id}-help`}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
        {label}
      </label>
      <p class="help" id={`${id}-help`}>{help}</p>
    </div>
  );
}

/** Convolutions of VGG16: block by block. */
const LAYERS = [2, 2, 3, 3, 3].flatMap((count, block) =>
  Array.from({ length: count }, (_, i) => `conv${block + 1}_${i + 1}`)
);

interface LayersProps {
  readonly label: string;
  readonly help: string;
  readonly value: readonly LayerInput[];
  readonly onChange: (value: readonly LayerInput[]) => void;
}

/** Which convolutions take part; the weights of those that stay are kept. */
export function Layers({ label, help, value, onChange }: LayersProps) {
  const id = useId();
  const toggle = (layer: string) => {
    const rest = value.filter((one) => one.layer !== layer);
    const chosen = rest.length < value.length ? rest : [...rest, { layer, weight: 1 }];
    onChange(LAYERS.flatMap((name) => chosen.find((one) => one.layer === name) ?? []));
  };
  return (
    <fieldset class="field wide" aria-describedby={`${id}-help`}>
      <legend>{label}</legend>
      <div class="chips">
        {LAYERS.map((layer) => (
          <label key={layer}>
            <input type="checkbox" checked={value.some((one) => one.layer === layer)} onChange={() => toggle(layer)} />
            <span>{layer.replace("conv", "")}</span>
          </label>
        ))}
      </div>
      <p class="help" id={`${id}-help`}>{help}</p>
    </fieldset>
  );
}
