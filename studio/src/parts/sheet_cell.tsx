import type { ReadonlySignal, Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Cell } from "../batch/followed_batch.ts";
import { adviceOn } from "../state/advice.ts";
import { enlarge, largerThan } from "../state/enlarging.ts";
import { hasEnded, STATUS_WORDS } from "../state/followed.ts";
import { formatNumber } from "../state/format.ts";
import { transferPath } from "../state/route.ts";
import { mayChange } from "../state/session.ts";
import { useAttempt } from "./attempt.ts";
import { Emerging } from "./emerging.tsx";
import { useOnScreen } from "./on_screen.ts";
import { PageLink } from "./page_link.tsx";

interface SheetCellProps {
  readonly cell: Signal<Cell>;
  /** What is painted in which style. */
  readonly name: string;
  /** Address of the picture as it was before. */
  readonly before: string;
  /** Whether the thumbnails are too coarse for what is shown of them. */
  readonly isNear: ReadonlySignal<boolean>;
}

/** One painting on a contact sheet; it moves while it is painted. */
export function SheetCell({ cell, name, before, isNear }: SheetCellProps) {
  const place = useRef<HTMLDivElement>(null);
  const seen = useOnScreen(place);
  const [attempt, problem] = useAttempt();
  const { id, status, step, steps, progress, losses, error, result, frame, options, contentFrames } = cell.value;
  const ended = hasEnded(status);
  const url = result && seen.value && isNear.value ? result.url : frame?.dataUrl ?? result?.url ?? before;
  const larger = result && contentFrames === 1 && status === "SUCCEEDED" && mayChange.value ? largerThan(result) : null;
  return (
    <div class={`cell ${status.toLowerCase()}${frame || result ? "" : " before"}`}>
      <div
        ref={place}
        class="mat"
        data-zooms
        style={{ "--ratio": options.width / options.height }}
        // The browser would drag the link away.
        onDragStart={(event) => event.preventDefault()}
      >
        <PageLink to={transferPath(id)} label={`${STATUS_WORDS[status]}: ${name}`}>
          <Emerging url={url} alt="" />
        </PageLink>
        {!ended && <progress value={progress} aria-label={`Work done: ${name}`} />}
      </div>
      <div class="line">
        <p>
          <strong>{STATUS_WORDS[status]}</strong>
          {losses && (
            <span class="help">
              {status === "SUCCEEDED" ? "" : `${step} / ${steps}, `}loss {formatNumber(losses.total)}
            </span>
          )}
        </p>
        {larger && (
          <button
            type="button"
            class="quiet"
            aria-label={`Paint larger, ${larger.width} × ${larger.height}: ${name}`}
            title={`Paint it larger, ${larger.width} × ${larger.height}`}
            onClick={() => attempt(() => enlarge(id))}
          >
            Larger
          </button>
        )}
      </div>
      {error && (
        <details class="failure">
          <summary aria-label={`Why it failed: ${name}`}>Why</summary>
          {error.message}. {adviceOn(error.code)}
        </details>
      )}
      {problem.value && <p class="problem" role="alert">{problem.value}</p>}
    </div>
  );
}
