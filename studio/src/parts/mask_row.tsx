import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Choice } from "../state/choices.ts";
import { droppedWith, type Mask } from "../state/draft.ts";
import { MaskEditor } from "./mask_editor.tsx";

interface MaskRowProps {
  /** What is painted, as "What to keep". */
  readonly name: string;
  /** What counts without a mask. */
  readonly unset: string;
  /** What painting does, in a sentence or two. */
  readonly help: string;
  /** On which it is painted; none while none is chosen. */
  readonly picture: Choice | undefined;
  readonly mask: Mask | null;
  readonly onChange: (mask: Mask | null) => void;
}

/** Whether a part of a picture is painted over, and the ways to change that. */
export function MaskRow({ name, unset, help, picture, mask, onChange }: MaskRowProps) {
  const open = useSignal(false);
  const opener = useRef<HTMLButtonElement>(null);
  const change = (changed: Mask | null) => {
    droppedWith.value = null;
    onChange(changed);
  };
  const what = `${name}${picture ? `, on ${picture.label}` : ""}`;
  return (
    <>
      <div class="mask-row">
        {mask && <img src={mask.url} alt="" width="40" height="40" />}
        <p>
          {name}
          <span class="help" role="status">{mask ? "Set: as marked" : `Not set: ${unset}`}</span>
        </p>
        {mask && (
          <button
            type="button"
            class="quiet"
            aria-label={`Remove: ${what}`}
            onClick={() => {
              change(null);
              opener.current?.focus();
            }}
          >
            Remove
          </button>
        )}
        <button
          ref={opener}
          type="button"
          class="quiet"
          disabled={!picture}
          aria-haspopup="dialog"
          aria-label={`${mask ? "Change" : "Mark"}: ${what}`}
          onClick={() => open.value = true}
        >
          {mask ? "Change" : "Mark"}
        </button>
      </div>
      {open.value && picture && (
        <MaskEditor
          name={name}
          help={help}
          picture={picture}
          mask={mask}
          onDone={change}
          onClose={() => open.value = false}
        />
      )}
    </>
  );
}

/** A word when masks have gone with the picture that they were painted on. */
export function MaskNotice({ of }: { readonly of: "content" | "style" }) {
  return (
    <p class="help mask-notice" role="status">
      {droppedWith.value === of ? "What was marked on the picture before is gone with it." : ""}
    </p>
  );
}
