import { useEffect, useMemo } from "preact/hooks";
import { BehindIt } from "../parts/behind_it.tsx";
import { Finished } from "../parts/finished.tsx";
import { LossPlot } from "../parts/loss_plot.tsx";
import { PageLink } from "../parts/page_link.tsx";
import { Progress } from "../parts/progress.tsx";
import { Retune } from "../parts/retune.tsx";
import { Painting } from "../parts/painting.tsx";
import { Share } from "../parts/share.tsx";
import { Followed, hasEnded } from "../state/followed.ts";
import { batchPath } from "../state/route.ts";
import { mayChange, stage } from "../state/session.ts";

/** One transfer: while it is painted, and afterwards. */
export function TransferPage({ id }: { readonly id: string }) {
  const followed = useMemo(() => new Followed(id), [id]);
  useEffect(() => () => followed.close(), [followed]);
  const transfer = followed.transfer.value;
  const live = followed.live.value;
  if (transfer === null) {
    return (
      <div class="empty">
        <h1>There is no such painting here</h1>
        <p>It may have been deleted, or it belongs to another server.</p>
        {mayChange.value && <PageLink class="button" to="/">Begin a new one</PageLink>}
      </div>
    );
  }
  if (!transfer || !live) {
    return (
      <div class="transfer waiting" aria-busy="true">
        <h1 class="unseen">Painting</h1>
        <div class="painting-place">
          <div class="painting mat">
            <div class="emerging" />
          </div>
        </div>
        <p role="status">{followed.problem.value ?? ""}</p>
      </div>
    );
  }
  const ended = hasEnded(live.status);
  return (
    <div class="transfer">
      <Painting followed={followed} transfer={transfer} live={live} />
      <section class="panel" aria-label="How it goes">
        {transfer.batch && <PageLink to={batchPath(transfer.batch.id)}>To its contact sheet</PageLink>}
        <Progress followed={followed} transfer={transfer} live={live} />
        {ended && <Finished followed={followed} transfer={transfer} live={live} />}
        <LossPlot followed={followed} steps={live.steps} />
        {!ended && mayChange.value && <Retune key={transfer.id} transfer={transfer} />}
        {stage.value === "in" && mayChange.value && <Share key={transfer.id} transfer={transfer} />}
      </section>
      <BehindIt transfer={transfer} />
    </div>
  );
}
