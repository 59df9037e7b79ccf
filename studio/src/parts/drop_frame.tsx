import type { ComponentChildren } from "preact";
import type { Signal } from "@preact/signals";
import { useDropTarget } from "./drop_target.ts";
import type { Sending } from "./picture_source.tsx";

interface DropFrameProps {
  readonly hint: string;
  readonly caption: string | undefined;
  readonly sending: Signal<Sending>;
  /** Called with what was dropped, at least one. */
  readonly onFiles: (files: readonly File[]) => void;
  readonly children: ComponentChildren;
}

/** A picture's place on the wall, onto which files can be dropped; tells how far it has been sent. */
export function DropFrame({ hint, caption, sending, onFiles, children }: DropFrameProps) {
  const { over, listeners } = useDropTarget((files) => files.length > 0 && onFiles(files));
  return (
    <div
      class={`drop${over ? " over" : ""}`}
      {...listeners}
    >
      <div class="mat">
        {children}
        <p class="hint" aria-hidden="true">{hint}</p>
        <Sent sending={sending} />
      </div>
      <p class="label" aria-hidden="true">{caption ?? " "}</p>
    </div>
  );
}

function Sent({ sending }: { readonly sending: Signal<Sending> }) {
  const now = sending.value;
  return (
    <div class={now ? "sending" : "unseen"} role="status">
      {now && ("sent" in now
        ? (
          <label>
            Sending, {Math.round(now.sent * 100)} %
            <progress max="1" value={now.sent} />
          </label>
        )
        : (
          <>
            <p>{now.problem}</p>
            <button type="button" onClick={() => sending.value = null}>Close</button>
          </>
        ))}
    </div>
  );
}
