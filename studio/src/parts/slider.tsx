import { useId } from "preact/hooks";

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value as people say it. */
  readonly text: string;
  readonly ends?: readonly [string, string];
  readonly onInput: (value: number) => void;
}

/** A range with its label, its value in words, and what its ends mean. */
export function Slider({ label, value, min, max, step, text, ends, onInput }: SliderProps) {
  const id = useId();
  return (
    <div class="slider">
      <div class="head">
        <label for={id}>{label}</label>
        <output for={id}>{text}</output>
      </div>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={text}
        onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
      />
      {ends && (
        <div class="ends" aria-hidden="true">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </div>
      )}
    </div>
  );
}
