import { strength } from "../state/draft.ts";
import { formatNumber } from "../state/format.ts";
import { Slider } from "./slider.tsx";

/** How much more or less the style counts than the preset has it. */
export function Strength() {
  return (
    <Slider
      label="Style strength"
      value={strength.value}
      min={-1.5}
      max={1.5}
      step={0.1}
      text={`× ${formatNumber(10 ** strength.value)}`}
      ends={["closer to the picture", "closer to the style"]}
      onInput={(value) => strength.value = value}
    />
  );
}
