import { useSignal } from "@preact/signals";
import type { FollowData } from "../api/operations.ts";
import type { Followed, Live } from "../state/followed.ts";
import { Caption } from "./caption.tsx";
import { Compare } from "./compare.tsx";
import { Emerging } from "./emerging.tsx";
import { FrameBrowser } from "./frame_browser.tsx";

export interface TransferProps {
  readonly followed: Followed;
  readonly transfer: NonNullable<FollowData["transfer"]>;
  readonly live: Live;
}

const VIEWS = [["picture", "Picture"], ["compare", "Before and after"], ["frames", "Frame by frame"]] as const;
type View = (typeof VIEWS)[number][0];

/** The picture, large: as it emerges, beside what it was, or frame by frame. */
export function Stage({ followed, transfer, live }: TransferProps) {
  const view = useSignal<View>("picture");
  const { options, content, result } = transfer;
  const frame = followed.frame.value;
  // The result is lossless, but only worth its bytes once there are no newer frames.
  const url = live.status === "SUCCEEDED" && result ? result.url : frame?.url ?? content.url;
  const alt = frame
    ? `The painting after ${live.step} of ${live.steps} steps`
    : "The picture to be painted; there is no frame yet";
  const shape = { "--width": options.width, "--height": options.height };
  return (
    <section class="stage-place" aria-label="The picture" style={shape}>
      <h1 class="unseen">Painting</h1>
      <div class={frame ? "stage mat" : "stage mat before"}>
        {view.value === "compare"
          ? <Compare before={content.url} after={url} />
          : view.value === "frames"
          ? <FrameBrowser followed={followed} keepFrames={options.keepFrames} />
          : <Emerging url={url} alt={alt} />}
      </div>
      <div class="views segments" role="group" aria-label="What is shown">
        {VIEWS.map(([name, text]) => (
          <button
            key={name}
            type="button"
            aria-pressed={view.value === name}
            disabled={name !== "picture" && !frame}
            onClick={() => view.value = name}
          >
            {text}
          </button>
        ))}
      </div>
      <Caption transfer={transfer} />
    </section>
  );
}
