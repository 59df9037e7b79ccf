import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { request } from "../api/client.ts";
import { follow } from "../api/live.ts";
import { Cancel, type Card, Delete, Thumbnail } from "../api/operations.ts";
import { adviceOn } from "../state/advice.ts";
import { hasEnded, STATUS_WORDS } from "../state/followed.ts";
import { formatTime } from "../state/format.ts";
import { presetName } from "../state/preset_names.ts";
import { transferPath } from "../state/route.ts";
import { mayChange } from "../state/session.ts";
import { useAttempt } from "./attempt.ts";
import { Emerging } from "./emerging.tsx";
import { PageLink } from "./page_link.tsx";

interface CardProps {
  readonly transfer: Card;
  readonly onDeleted: (id: string) => void;
}

/** One painting in the gallery; it moves while it is painted. */
export function GalleryCard({ transfer, onDeleted }: CardProps) {
  const { id, content, options } = transfer;
  const now = useSignal({
    status: transfer.status,
    step: transfer.step,
    progress: transfer.progress,
    error: transfer.error,
  });
  const url = useSignal(transfer.frame?.dataUrl ?? content.url);
  const [attempt, problem] = useAttempt();
  /** Whether deleting has been asked for once: it cannot be undone. */
  const asked = useSignal(false);

  useEffect(() => {
    if (hasEnded(transfer.status)) return;
    return follow(Thumbnail, { id }, {
      next: ({ status, step, progress, frame, error }) => {
        now.value = { status, step, progress, error };
        if (frame) url.value = frame.dataUrl;
      },
      error: (error) => problem.value = error.message,
    });
  }, [id]);

  const remove = () =>
    attempt(async () => {
      if (!hasEnded(now.value.status)) await request(Cancel, { id });
      else if (!asked.value) asked.value = true;
      else {
        await request(Delete, { id });
        onDeleted(id);
      }
    });

  const { status, step, progress, error } = now.value;
  const ended = hasEnded(status);
  const verb = !ended ? "Stop" : asked.value ? "Really delete" : "Delete";
  const title = `${presetName(options.preset)}, ${formatTime(transfer.createdAt)}`;
  return (
    <li class={`piece ${status.toLowerCase()}`}>
      <PageLink class="mat" to={transferPath(id)} label={`${STATUS_WORDS[status]}: ${title}`}>
        <Emerging url={url.value} alt="" />
      </PageLink>
      <div class="line">
        <p>
          <strong>{STATUS_WORDS[status]}</strong>
          {status === "SUCCEEDED" ? "" : ` ${step} / ${transfer.steps}`}
          <br />
          <span class="help">{title}</span>
        </p>
        {mayChange.value && (
          <button
            type="button"
            class="quiet"
            onClick={remove}
            onBlur={() => asked.value = false}
            aria-label={`${verb}: ${title}`}
          >
            {verb}
          </button>
        )}
      </div>
      {!ended && <progress value={progress} aria-label="Work done" />}
      {error && <p class="failure">{error.message}. {adviceOn(error.code)}</p>}
      {problem.value && <p class="problem" role="alert">{problem.value}</p>}
    </li>
  );
}
