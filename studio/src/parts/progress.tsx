import { request } from "../api/client.ts";
import { Cancel } from "../api/operations.ts";
import { adviceOn } from "../state/advice.ts";
import { hasEnded, type Live } from "../state/followed.ts";
import { formatRate, formatSeconds } from "../state/format.ts";
import { mayChange } from "../state/session.ts";
import { useAttempt } from "./attempt.ts";
import type { TransferProps } from "./painting.tsx";

/** Where it is: status, step, rate, time left; and the way to stop it. */
export function Progress({ followed, transfer, live }: TransferProps) {
  const [attempt, problem] = useAttempt();
  const trouble = problem.value ?? followed.problem.value;
  const { status, step, steps, progress, error } = live;
  const ended = hasEnded(status);
  const took = transfer.startedAt && transfer.finishedAt
    ? (Date.parse(transfer.finishedAt) - Date.parse(transfer.startedAt)) / 1000
    : null;

  const cancel = () => attempt(async () => void await request(Cancel, { id: followed.id }));

  return (
    <div class={`progress ${status.toLowerCase()}`}>
      <div class="headline">
        <h2>{headline(live, transfer.queuePosition)}</h2>
        {!ended && mayChange.value && <button type="button" onClick={cancel}>Stop</button>}
      </div>
      <progress value={progress} aria-label="Work done">{Math.round(100 * progress)} %</progress>
      <dl class="facts">
        <div>
          <dt>Step</dt>
          <dd>{step} / {steps}</dd>
        </div>
        {live.contentFrames > 1 && (
          <div>
            <dt>Frame</dt>
            <dd>{live.contentFrame} / {live.contentFrames}</dd>
          </div>
        )}
        <div>
          <dt>Rate</dt>
          <dd>{live.secondsPerStep === null ? "–" : formatRate(live.secondsPerStep)}</dd>
        </div>
        <div>
          <dt>{ended ? "Took" : "Time left"}</dt>
          <dd>
            {ended
              ? took === null ? "–" : formatSeconds(took)
              : live.etaSeconds === null
              ? "–"
              : formatSeconds(live.etaSeconds)}
          </dd>
        </div>
      </dl>
      <p class="unseen" role="status">{announcement(live)}</p>
      {error && (
        <div class="failure" role="alert">
          <p>{error.message}.</p>
          <p>{adviceOn(error.code)}</p>
        </div>
      )}
      {trouble && <p class="problem" role="alert">{trouble}</p>}
    </div>
  );
}

function headline({ status, step, contentFrame, contentFrames }: Live, queuePosition: number | null): string {
  switch (status) {
    case "QUEUED":
      return queuePosition ? `Waiting, ${queuePosition} ahead of it` : "Waiting for the engine";
    case "RUNNING":
      if (step === 0) return "Getting ready";
      return contentFrames > 1 ? `Painting frame ${contentFrame} of ${contentFrames}` : "Painting";
    case "SUCCEEDED":
      return "Finished";
    case "CANCELLED":
      return "Stopped";
    case "FAILED":
      return "Failed";
  }
}

const QUARTERS = 4;

/** What a screen reader says: at every quarter, not at every step. */
function announcement({ status, progress }: Live): string {
  if (status === "SUCCEEDED") return "The painting is finished.";
  if (status === "CANCELLED") return "The painting has been stopped.";
  if (status !== "RUNNING") return "";
  const quarter = Math.floor(progress * QUARTERS);
  return quarter === 0 ? "Painting has begun." : `${quarter * 100 / QUARTERS} percent painted.`;
}
