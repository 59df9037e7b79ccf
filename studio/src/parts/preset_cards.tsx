import type { BeginData, PresetName } from "../api/operations.ts";
import { presets } from "../state/catalogue.ts";
import { preset } from "../state/draft.ts";
import { presetEstimates } from "../state/estimates.ts";
import { formatSeconds } from "../state/format.ts";

const NAMES: Readonly<Record<PresetName, string>> = {
  FAST: "Sketch",
  BALANCED: "Painting",
  QUALITY: "Large painting",
  CLASSIC: "The article",
  GATYS: "Gatys 2016",
  JOHNSON: "Johnson 2016",
};
const OURS: readonly PresetName[] = ["FAST", "BALANCED", "QUALITY"];
const PUBLISHED: readonly PresetName[] = ["CLASSIC", "GATYS", "JOHNSON"];

/** A preset as people call it. */
export function presetName(name: PresetName): string {
  return NAMES[name];
}

/** The presets from the quickest to the most patient, and the published recipes folded away. */
export function PresetCards() {
  return (
    <fieldset class="presets">
      <legend>How finely</legend>
      {OURS.map((name) => <PresetCard key={name} name={name} />)}
      <details open={PUBLISHED.includes(preset.value)}>
        <summary>Published recipes</summary>
        {PUBLISHED.map((name) => <PresetCard key={name} name={name} />)}
      </details>
    </fieldset>
  );
}

/** What a preset gives, what it is for, and what it would cost. */
function PresetCard({ name }: { readonly name: PresetName }) {
  const found = presets.value.find((candidate) => candidate.name === name);
  const seconds = presetEstimates.value[name]?.seconds;
  return (
    <label class="card">
      <input
        type="radio"
        name="preset"
        value={name}
        checked={preset.value === name}
        onChange={() => preset.value = name}
      />
      <Scales options={found?.options} />
      <span class="name">{NAMES[name]}</span>
      <span class="cost">{seconds == null ? "" : `about ${formatSeconds(seconds)}`}</span>
      <span class="what">
        {found?.description ?? " "}
      </span>
    </label>
  );
}

const VIEW = 44;
/** Longest side that fills the glyph; beyond it, it is cut off. */
const LARGEST = 1024;

/** The sizes that a preset works through, from coarse to fine; areas in proportion to sides, or the small ones vanish. */
function Scales({ options }: { readonly options: BeginData["presets"][number]["options"] | undefined }) {
  return (
    <svg class="scales" viewBox={`0 0 ${VIEW} ${VIEW}`} width={VIEW} height={VIEW} aria-hidden="true">
      {[...options?.scales ?? []].reverse().map(({ size }) => {
        const side = VIEW * Math.sqrt(Math.min(1, size / LARGEST)) - 1;
        return <rect key={size} x={(VIEW - side) / 2} y={(VIEW - side) / 2} width={side} height={side} />;
      })}
    </svg>
  );
}
