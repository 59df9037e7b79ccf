import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Followed } from "../state/followed.ts";
import { type KeptFrame, listFrames } from "../state/frame_list.ts";
import { Emerging } from "./emerging.tsx";

/** Steps back and forth through the frames that are kept. */
export function FrameBrowser({ followed, keepFrames }: { readonly followed: Followed; readonly keepFrames: boolean }) {
  const frames = useSignal<readonly KeptFrame[]>([]);
  const index = useSignal(0);
  const problem = useSignal<string | null>(null);
  const status = followed.live.value?.status;

  useEffect(() => {
    listFrames(followed.id).then((found) => {
      const atEnd = frames.value.length === 0 || index.value === frames.value.length - 1;
      frames.value = found;
      if (atEnd) index.value = Math.max(0, found.length - 1);
    }, (error) => problem.value = error.message);
  }, [followed, status]);

  const count = frames.value.length;
  const shown = frames.value[Math.min(index.value, count - 1)];
  return (
    <div class="browser">
      {shown && <Emerging url={shown.url} alt={`The painting after step ${shown.step}`} />}
      <div class="scrub">
        {problem.value && <p class="problem" role="alert">{problem.value}</p>}
        {!keepFrames && <p>Only the latest frame was kept.</p>}
        {count > 1 && (
          <label>
            <span>Step {shown?.step ?? 0}</span>
            <input
              type="range"
              min="0"
              max={count - 1}
              step="1"
              value={index.value}
              aria-label="Frame"
              aria-valuetext={`step ${shown?.step ?? 0}, frame ${index.value + 1} of ${count}`}
              onInput={(event) => index.value = event.currentTarget.valueAsNumber}
            />
          </label>
        )}
      </div>
    </div>
  );
}
