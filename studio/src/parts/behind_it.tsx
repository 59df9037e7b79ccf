import { useSignal } from "@preact/signals";
import { copyText } from "../media/save.ts";
import type { Transfer } from "../state/followed.ts";
import { asGraphql, asTypeScript } from "../state/source_text.ts";
import { Segments } from "./segments.tsx";

const LANGUAGES = [["GraphQL", "GraphQL"], ["TypeScript", "TypeScript"]] as const;

/** The requests behind this very painting, to be copied into a program. */
export function BehindIt({ transfer }: { readonly transfer: Transfer }) {
  const language = useSignal<(typeof LANGUAGES)[number][0]>("GraphQL");
  const copied = useSignal("");
  const text = language.value === "GraphQL" ? asGraphql(transfer) : asTypeScript(transfer);
  return (
    <details class="behind">
      <summary>Behind this painting: repeat it from your own program</summary>
      <div class="bar">
        <Segments
          label="Language"
          value={language.value}
          options={LANGUAGES}
          onChange={(name) => language.value = name}
        />
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
