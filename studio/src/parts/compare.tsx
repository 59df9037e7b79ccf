import { useSignal } from "@preact/signals";

/** Two pictures on top of each other, with a slider between them. */
export function Compare({ before, after }: { readonly before: string; readonly after: string }) {
  const share = useSignal(50);
  return (
    <div class="compare" style={{ "--share": `${share.value}%` }}>
      <img src={after} alt="After: the painting" />
      <img class="over" src={before} alt="Before: the picture" />
      <span class="divider" aria-hidden="true" />
      <input
        type="range"
        min="0"
        max="100"
        step="1"
        value={share.value}
        aria-label="How much of the picture before is shown"
        aria-valuetext={`${share.value} % before, ${100 - share.value} % after`}
        onInput={(event) => share.value = event.currentTarget.valueAsNumber}
      />
    </div>
  );
}
