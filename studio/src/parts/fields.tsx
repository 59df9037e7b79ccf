import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { useId } from "preact/hooks";
import { formatNumber } from "../state/format.ts";

interface Named {
  readonly label: string;
  readonly help: string;
}

/** An input of a line, with its label before it and what it means below. */
function Line({ label, help, ...input }: Named & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} aria-describedby={`${id}-help`} {...input} />
      <p class="help" id={`${id}-help`}>{help}</p>
    </div>
  );
}

/** Inputs that belong together. */
function Group(
  { label, help, wide, children }: Named & { readonly wide?: boolean; readonly children: ComponentChildren },
) {
  const id = useId();
  return (
    <fieldset class={wide ? "field wide" : "field"} aria-describedby={`${id}-help`}>
      <legend>{label}</legend>
      {children}
      <p class="help" id={`${id}-help`}>{help}</p>
    </fieldset>
  );
}

interface NumberFieldProps extends Named {
  readonly unit: string | null;
  /** The preset's, shown while the field is empty; none where it has none. */
  readonly preset: number | null | undefined;
  readonly value: number | undefined;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number | undefined) => void;
}

/** A number; left empty, the preset's counts. */
export function NumberField({ unit, preset, value, onChange, ...rest }: NumberFieldProps) {
  return (
    <Line
      {...rest}
      type="number"
      title={unit ?? undefined}
      inputMode="decimal"
      step="any"
      value={value ?? ""}
      placeholder={preset == null ? "" : formatNumber(preset)}
      onChange={(event) => {
        const { valueAsNumber } = event.currentTarget;
        onChange(Number.isNaN(valueAsNumber) ? undefined : valueAsNumber);
      }}
    />
  );
}

interface ChoicesProps<Value extends string> extends Named {
  readonly value: string;
  readonly options: readonly (readonly [Value, string])[];
  readonly onChange: (value: Value) => void;
}

/** One of a few. */
export function Choices<Value extends string>({ label, help, value, options, onChange }: ChoicesProps<Value>) {
  const id = useId();
  return (
    <Group label={label} help={help}>
      <div class="segments">
        {options.map(([name, text]) => (
          <label key={name}>
            <input type="radio" name={id} value={name} checked={name === value} onChange={() => onChange(name)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </Group>
  );
}

interface ToggleProps extends Named {
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

interface TextFieldProps extends Named {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A text. */
export function TextField({ onChange, ...rest }: TextFieldProps) {
  return <Line {...rest} type="text" onChange={(event) => onChange(event.currentTarget.value)} />;
}

/** A layer that takes part, and how much. */
export interface LayerValue {
  readonly layer: string;
  readonly weight?: number;
}

interface LayersProps extends Named {
  /** Every layer with its short name, from the picture upwards. */
  readonly layers: readonly (readonly [string, string])[];
  readonly value: readonly LayerValue[];
  readonly onChange: (value: readonly LayerValue[]) => void;
}

/** Which layers take part; the weights of those that stay are kept. */
export function Layers({ label, help, layers, value, onChange }: LayersProps) {
  const toggle = (layer: string) => {
    const rest = value.filter((one) => one.layer !== layer);
    const chosen = rest.length < value.length ? rest : [...rest, { layer, weight: 1 }];
    onChange(layers.flatMap(([name]) => chosen.find((one) => one.layer === name) ?? []));
  };
  return (
    <Group label={label} help={help} wide>
      <div class="chips">
        {layers.map(([layer, name]) => (
          <label key={layer}>
            <input type="checkbox" checked={value.some((one) => one.layer === layer)} onChange={() => toggle(layer)} />
            <span>{name}</span>
          </label>
        ))}
      </div>
    </Group>
  );
}
