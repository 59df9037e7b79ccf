interface SegmentsProps<Value extends string> {
  /** What is chosen here, for those who do not see it. */
  readonly label: string;
  readonly value: Value;
  /** Each with its text. */
  readonly options: readonly (readonly [Value, string])[];
  readonly isDisabled?: (value: Value) => boolean;
  readonly onChange: (value: Value) => void;
}

/** Buttons in a row, of which one is pressed. */
export function Segments<Value extends string>(
  { label, value, options, isDisabled = () => false, onChange }: SegmentsProps<Value>,
) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map(([name, text]) => (
        <button
          key={name}
          type="button"
          aria-pressed={value === name}
          disabled={isDisabled(name)}
          onClick={() => onChange(name)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
