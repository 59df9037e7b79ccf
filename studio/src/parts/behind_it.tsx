import { useSignal } from "@preact/signals";
import type { FollowData } from "../api/operations.ts";
import { copyText } from "../media/save.ts";
import { asGraphql, asTypeScript } from "../state/source_text.ts";

const LANGUAGES = ["GraphQL", "TypeScript"] as const;

/** The requests behind this very painting, to be copied into a program. */
export function BehindIt({ transfer }: { readonly transfer: NonNullable<FollowData["transfer"]> }) {
  const language = useSignal<(typeof LANGUAGES)[number]>("GraphQL");
  const copied = useSignal("");
  const text = language.value === "GraphQL" ? asGraphql(transfer) : asTypeScript(transfer);
  return (
    <details class="behind">
      <summary>Behind this painting: repeat it from your own program</summary>
      <div class="bar">
        <div class="segments" role="group" aria-label="Language">
          {LANGUAGES.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={language.value === name}
              onClick={() => language.value = name}
            >
              {name}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="quiet"
          onClick={async () => copied.value = await copyText(text) ? "Copied" : "Select the text to copy it"}
        >
          Copy
        </button>
        <span role="status">{copied.value}</span>
      </div>
      <pre tabIndex={0} aria-label={`${language.value} source`}><code>{text}</code></pre>
    </details>
  );
}
