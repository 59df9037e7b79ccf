import { BASE } from "../base.ts";
import type { PresetName } from "../api/operations.ts";
import { presets } from "../state/catalogue.ts";
import { preset } from "../state/draft.ts";
import { presetEstimates } from "../state/estimates.ts";
import { formatSeconds } from "../state/format.ts";
import { OWN_PRESETS, presetName, PUBLISHED_PRESETS } from "../state/preset_names.ts";

/** The presets from the quickest to the most patient, and the published recipes folded away. */
export function PresetCards() {
  return (
    <fieldset class="presets">
      <legend>How finely</legend>
      {OWN_PRESETS.map((name) => <PresetCard key={name} name={name} />)}
      <details open={PUBLISHED_PRESETS.includes(preset.value)}>
        <summary>Published recipes</summary>
        <div class="published">
          {PUBLISHED_PRESETS.map((name) => <PresetCard key={name} name={name} />)}
        </div>
      </details>
    </fieldset>
  );
}

/** What a preset gives, shown and said, and what it would cost. */
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
      <span class="name">{presetName(name)}</span>
      <span class="cost">{seconds == null ? "" : `about ${formatSeconds(seconds)}`}</span>
      <span class="what">
        {found?.description ?? " "}
      </span>
      <img
        src={`${BASE}/studio/presets/${name.toLowerCase()}.jpg`}
        alt={`${presetName(name)}: a mountain lake in starry swirls`}
        width="240"
        height="160"
      />
    </label>
  );
}
