import { useSignal } from "@preact/signals";
import { request } from "../api/client.ts";
import { CancelSeveral, DeleteSeveral } from "../api/operations.ts";
import type { Axes, FollowedBatch, Tally } from "../batch/followed_batch.ts";
import { contentHead, fileNameOf, type Head, nameOf, styleHead } from "../batch/names.ts";
import { drawSheet } from "../media/contact_sheet.ts";
import { save } from "../media/save.ts";
import { savePainting } from "../media/save_painting.ts";
import { hasEnded } from "../state/followed.ts";
import { navigate } from "../state/route.ts";
import { mayChange } from "../state/session.ts";
import { useAttempt } from "./attempt.ts";

/** Browsers drop downloads that come faster than they can be asked about. */
const BETWEEN_SAVES_MS = 400;

interface SheetActionsProps {
  readonly followed: FollowedBatch;
  readonly axes: Axes;
  readonly tally: Tally;
}

/** What can be done with all of a batch. */
export function SheetActions({ followed, axes, tally }: SheetActionsProps) {
  const [attempt, problem] = useAttempt();
  /** What is being made, in words; null while nothing is. */
  const making = useSignal<string | null>(null);
  /** Whether deleting has been asked for once: it cannot be undone. */
  const asked = useSignal(false);
  const { id } = followed;
  const ended = hasEnded(tally.status);

  const make = (work: () => Promise<void>) =>
    attempt(async () => {
      making.value = "…";
      try {
        await work();
      } finally {
        making.value = null;
      }
    });
  const saveAll = () =>
    make(async () => {
      const finished = followed.cells.value.map((cell) => cell.peek()).filter(({ result }) => result !== null);
      for (const [i, { id, place, contentFrames }] of finished.entries()) {
        making.value = `Saving ${i + 1} of ${finished.length}`;
        const { contentIndex: content, styleIndex: style, variationIndex: variation } = place!;
        const name = fileNameOf(nameOf(axes, { content, style, variation }));
        await savePainting(id, "result", contentFrames > 1 ? "webp" : "png", name);
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_SAVES_MS));
      }
    });
  const saveSheet = () => make(async () => save(await draw(followed, axes), `gramcast-${id}.png`));
  const cancel = () => attempt(async () => void await request(CancelSeveral, { id }));
  const remove = () =>
    attempt(async () => {
      if (!asked.value) return void (asked.value = true);
      await request(DeleteSeveral, { id });
      navigate("/gallery");
    });

  /** What moves is saved as such. */
  const formats = [...new Set(followed.cells.value.map((cell) => cell.peek().contentFrames > 1 ? "WebP" : "PNG"))]
    .sort().join(" or ");
  const isMaking = making.value !== null;
  return (
    <div class="sheet-actions">
      {tally.done > 0 && (
        <>
          <button type="button" disabled={isMaking} onClick={saveSheet}>Save the sheet</button>
          <button type="button" disabled={isMaking} onClick={saveAll}>{`Save each as ${formats}`}</button>
          <button type="button" onClick={() => print()}>Print</button>
        </>
      )}
      {mayChange.value && !ended && <button type="button" onClick={cancel}>Stop all</button>}
      {mayChange.value && (
        <button type="button" class="quiet" onClick={remove} onBlur={() => asked.value = false}>
          {asked.value ? "Really delete all" : "Delete all"}
        </button>
      )}
      <span role="status">{making.value}</span>
      <p class="problem" role="alert">{problem.value ?? followed.problem.value}</p>
    </div>
  );
}

/** The sheet as one picture, with what is painted by now. */
async function draw(followed: FollowedBatch, axes: Axes): Promise<Blob> {
  const { rows, columns, placeAt } = followed.layout.peek()!;
  const drawn = ({ name, urls }: Head, text: string | null) => ({ urls, lines: [name, ...(text ? [text] : [])] });
  return await drawSheet({
    rows: rows.map(({ content, text }) => drawn(contentHead(axes, content), text)),
    columns: columns.map(({ style, text }) => drawn(styleHead(axes, style), text)),
    urlAt: (row, column) => {
      const cell = followed.at(placeAt(row, column))?.peek();
      return cell?.frame?.dataUrl ?? cell?.result?.url;
    },
  });
}
