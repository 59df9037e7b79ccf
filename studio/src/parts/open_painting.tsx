import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { openPainting } from "../state/open_painting.ts";
import { useAttempt } from "./attempt.ts";
import { useDropTarget } from "./drop_target.ts";

/** Takes a painting that was made here, by a file or a drop, and fills in what it was made from. */
export function OpenPainting() {
  const field = useRef<HTMLInputElement>(null);
  const [attempt, problem] = useAttempt();
  const outcome = useSignal("");
  const open = (file: File | undefined) => {
    outcome.value = "";
    if (file) void attempt(async () => void (outcome.value = await openPainting(file)));
  };
  const { over, listeners } = useDropTarget(([file]) => open(file));
  return (
    <div
      class={`open${over ? " over" : ""}`}
      {...listeners}
    >
      <button type="button" class="quiet" onClick={() => field.current?.click()}>Open a painting</button>
      <input
        ref={field}
        type="file"
        accept="image/*"
        class="unseen"
        tabIndex={-1}
        aria-label="File of a painting"
        onChange={({ currentTarget }) => {
          open(currentTarget.files?.[0]);
          // The same file can be opened again.
          currentTarget.value = "";
        }}
      />
      <p>or drop one here: its pictures and options are filled in.</p>
      <p role="status">{outcome.value}</p>
      <p class="problem" role="alert">{problem.value}</p>
    </div>
  );
}
