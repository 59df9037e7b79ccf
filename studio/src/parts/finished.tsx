import { useSignal } from "@preact/signals";
import { request } from "../api/client.ts";
import { Resume } from "../api/operations.ts";
import { makeFilm } from "../media/film.ts";
import { save } from "../media/save.ts";
import { type SavedFormat, savePainting } from "../media/save_painting.ts";
import { enlarge, largerThan } from "../state/enlarging.ts";
import { listFrames } from "../state/frame_list.ts";
import { reuseStyle } from "../state/reuse.ts";
import { transferPath } from "../state/route.ts";
import { mayChange } from "../state/session.ts";
import { useAttempt } from "./attempt.ts";
import { PageLink } from "./page_link.tsx";
import type { TransferProps } from "./painting.tsx";

const MORE_STEPS = 100;
/** What moves is saved as, as far as the server has it. */
const MOVING_FORMATS = [["webp", "WebP"], ["gif", "GIF"], ["mp4", "MP4"]] as const;

/** What can be done with a painting that has ended. */
export function Finished({ followed, transfer, live }: TransferProps) {
  const [attempt, problem] = useAttempt();
  /** Share of the film that is made; null while none is. */
  const filmed = useSignal<number | null>(null);
  const { id, result, resultFormats, enlargedFrom } = transfer;
  const frame = followed.frame.value;
  const moves = live.contentFrames > 1;
  const file = result ? "result" : frame && `frames/${frame.step}`;

  const saveAs = (format: SavedFormat) => attempt(() => savePainting(id, String(file), format));
  const saveFine = () => attempt(() => savePainting(id, "result", "png", `gramcast-${id}-16-bit`, 16));
  const goOn = (steps: number | null) =>
    attempt(async () => {
      await request(Resume, { id, steps });
      await followed.load();
    });
  const larger = result && !moves && live.status === "SUCCEEDED" ? largerThan(result) : null;
  const film = () =>
    attempt(async () => {
      filmed.value = 0;
      try {
        save(await makeFilm(await listFrames(id), (share) => filmed.value = share), `gramcast-${id}.gif`);
      } finally {
        filmed.value = null;
      }
    });

  // Who may change nothing has nothing to do with what was never painted.
  if (!file && !mayChange.value) return null;
  return (
    <section class="finished" aria-labelledby="finished-heading">
      <h3 id="finished-heading">What now</h3>
      <div class="actions">
        {moves && result &&
          MOVING_FORMATS.filter(([ending]) => resultFormats.includes(ending)).map(([ending, name]) => (
            <button
              key={ending}
              type="button"
              onClick={() => saveAs(ending)}
            >
              Save as {name}
            </button>
          ))}
        {file && !(moves && result) && (
          <>
            <button type="button" onClick={() => saveAs("png")}>Save as PNG</button>
            <button type="button" onClick={() => saveAs("jpg")}>Save as JPEG</button>
            <button type="button" onClick={() => saveAs("avif")}>Save as AVIF</button>
            <button type="button" onClick={() => saveAs("tiff")}>Save as TIFF</button>
            {result && <button type="button" class="wide" onClick={saveFine}>Save as PNG of 16 bits</button>}
          </>
        )}
        {file && !moves && transfer.options.keepFrames && (
          <button type="button" class="wide" disabled={filmed.value !== null} onClick={film}>
            {filmed.value === null ? "Save the film as GIF" : `Making the GIF, ${Math.round(filmed.value * 100)} %`}
          </button>
        )}
        {mayChange.value && (
          <>
            {live.step < live.steps && (
              <button type="button" class="wide" onClick={() => goOn(null)}>
                Go on with the missing {live.steps - live.step}
              </button>
            )}
            {!moves && (
              <button type="button" class="wide" onClick={() => goOn(MORE_STEPS)}>Go on for {MORE_STEPS} more</button>
            )}
            {larger && (
              <button type="button" class="wide" onClick={() => attempt(() => enlarge(id))}>
                Paint it larger, {larger.width} × {larger.height}
              </button>
            )}
            <PageLink class="button wide" to="/" onClick={() => reuseStyle(transfer)}>
              Same style on another picture
            </PageLink>
          </>
        )}
        {enlargedFrom && (
          <PageLink class="button wide" to={transferPath(enlargedFrom.id)}>The painting it was enlarged from</PageLink>
        )}
      </div>
      <p class="problem" role="alert">{problem.value}</p>
    </section>
  );
}
