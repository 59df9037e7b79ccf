import { useSignal } from "@preact/signals";
import type { Followed, Live, Transfer } from "../state/followed.ts";
import { Caption } from "./caption.tsx";
import { Compare } from "./compare.tsx";
import { Emerging } from "./emerging.tsx";
import { FrameBrowser } from "./frame_browser.tsx";
import { Segments } from "./segments.tsx";

export interface TransferProps {
  readonly followed: Followed;
  readonly transfer: Transfer;
  readonly live: Live;
}

const VIEWS = [["picture", "Picture"], ["compare", "Before and after"], ["frames", "Frame by frame"]] as const;
type View = (typeof VIEWS)[number][0];

/** The picture, large: as it emerges, beside what it was, or frame by frame. */
export function Painting({ followed, transfer, live }: TransferProps) {
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
    <section class="painting-place" aria-label="The picture" style={shape}>
      <h1 class="unseen">Painting</h1>
      <div class={frame ? "painting mat" : "painting mat before"}>
        {view.value === "compare"
          ? <Compare before={content.url} after={url} />
          : view.value === "frames"
          ? <FrameBrowser followed={followed} keepFrames={options.keepFrames} />
          : <Emerging url={url} alt={alt} />}
      </div>
      <Segments
        label="What is shown"
        value={view.value}
        options={VIEWS}
        isDisabled={(name) => name !== "picture" && !frame}
        onChange={(name) => view.value = name}
      />
      <Caption transfer={transfer} />
    </section>
  );
}
