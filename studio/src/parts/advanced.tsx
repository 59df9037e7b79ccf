import { options } from "../state/catalogue.ts";
import { change, changes, resetChanges, strength, unchanged } from "../state/draft.ts";
import { OptionField } from "./option_field.tsx";

/** Every option that the server has, each with a sentence on what it does. */
export function Advanced() {
  if (options.value.length === 0) return null;
  const now = changes.value;
  const changed = Object.keys(now).length + (strength.value !== 0 ? 1 : 0);
  return (
    <details class="advanced">
      <summary>
        More options{changed > 0 && <span class="count">, {changed} changed</span>}
      </summary>
      <div class="options">
        {options.value.map((option) => (
          <OptionField
            key={option.name}
            option={option}
            usual={unchanged(option.name)}
            value={now[option.name]}
            onChange={(value) => change(option.name, value)}
          />
        ))}
      </div>
      <button type="button" class="quiet" disabled={changed === 0} onClick={resetChanges}>
        Back to the preset's values
      </button>
    </details>
  );
}
