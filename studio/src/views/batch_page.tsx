import { useEffect, useMemo } from "preact/hooks";
import { FollowedBatch, type Tally } from "../batch/followed_batch.ts";
import { PageLink } from "../parts/page_link.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { SheetActions } from "../parts/sheet_actions.tsx";
import { hasEnded, STATUS_WORDS } from "../state/followed.ts";
import { SEVERAL } from "../state/route.ts";
import { mayChange } from "../state/session.ts";

/** A batch as a contact sheet, while it is painted and afterwards. */
export function BatchPage({ id }: { readonly id: string }) {
  const followed = useMemo(() => new FollowedBatch(id), [id]);
  useEffect(() => () => followed.close(), [followed]);
  const axes = followed.axes.value;
  const tally = followed.tally.value;
  if (axes === null) {
    return (
      <div class="empty">
        <h1>There is no such sheet here</h1>
        <p>All its paintings may have been deleted, or it belongs to another server.</p>
        {mayChange.value && <PageLink class="button" to={SEVERAL}>Begin a new one</PageLink>}
      </div>
    );
  }
  if (!axes || !tally) {
    return (
      <div class="batch" aria-busy="true">
        <h1>Contact sheet</h1>
        <p role="status">{followed.problem.value ?? ""}</p>
      </div>
    );
  }
  return (
    <div class="batch">
      <div class="headline">
        <div>
          <h1>Contact sheet</h1>
          <p>
            <strong>{tally.status === "FAILED" ? "Some have failed" : STATUS_WORDS[tally.status]}</strong>, {tally.done}
            {" "}
            of {tally.count} done
          </p>
        </div>
        <SheetActions followed={followed} axes={axes} tally={tally} />
      </div>
      {!hasEnded(tally.status) && <progress value={tally.done / tally.count} aria-label="Paintings done" />}
      <p class="unseen" role="status">{announcement(tally)}</p>
      <Sheet followed={followed} axes={axes} />
    </div>
  );
}

const QUARTERS = 4;

/** What a screen reader says: at every quarter, not at every painting. */
function announcement({ status, done, count }: Tally): string {
  if (status === "CANCELLED") return "The batch has been stopped.";
  if (hasEnded(status)) return "All paintings are done.";
  const quarter = Math.floor(done / count * QUARTERS);
  return quarter === 0 ? "" : `${quarter * 100 / QUARTERS} percent of the paintings are done.`;
}
