import { useComputed } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Axes, FollowedBatch } from "../batch/followed_batch.ts";
import { contentHead, type Head, nameOf, styleHead } from "../batch/names.ts";
import { LARGEST_ZOOM, WHOLE, zoomBy } from "../batch/zoom.ts";
import { formatNumber } from "../state/format.ts";
import { useLinkedView, ZOOM_STEP } from "./linked_view.ts";
import { SheetCell } from "./sheet_cell.tsx";

interface SheetProps {
  readonly followed: FollowedBatch;
  readonly axes: Axes;
}

/** Enlargement from which the thumbnails are exchanged for the paintings themselves. */
const NEAR = 1.4;

/** All paintings in rows and columns, which show the same part of each. */
export function Sheet({ followed, axes }: SheetProps) {
  const place = useRef<HTMLElement>(null);
  const { view, set } = useLinkedView(place);
  const isNear = useComputed(() => view.value.zoom > NEAR);
  const zoom = useComputed(() => view.value.zoom);
  const { rows, columns, placeAt } = followed.layout.value!;
  return (
    <section ref={place} class="sheet" aria-label="Contact sheet">
      <div class="tools" role="group" aria-label="Zoom of all paintings">
        <button
          type="button"
          aria-label="Zoom out"
          disabled={zoom.value <= 1}
          onClick={() => set(zoomBy(view.value, 1 / ZOOM_STEP))}
        >
          −
        </button>
        <output aria-label="Zoom">× {formatNumber(Math.round(zoom.value * 10) / 10)}</output>
        <button
          type="button"
          aria-label="Zoom in"
          disabled={zoom.value >= LARGEST_ZOOM}
          onClick={() => set(zoomBy(view.value, ZOOM_STEP))}
        >
          +
        </button>
        <button type="button" class="quiet" disabled={zoom.value <= 1} onClick={() => set(WHOLE)}>Whole</button>
        <p class="help">
          All zoom together: Ctrl and the wheel, then the wheel alone; two fingers; or + and −. Drag, or use the arrow
          keys, to move.
        </p>
      </div>
      <div class="scroll">
        <table style={{ "--columns": columns.length }}>
          <thead>
            <tr>
              <td class="corner" />
              {columns.map(({ style, text }, i) => (
                <th key={i} scope="col">
                  <HeadOf head={styleHead(axes, style)} text={text} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ content, text }, row) => {
              const head = contentHead(axes, content);
              return (
                <tr key={row}>
                  <th scope="row">
                    <HeadOf head={head} text={text} />
                  </th>
                  {columns.map((_, column) => {
                    const at = placeAt(row, column);
                    const cell = followed.at(at);
                    return (
                      <td key={column}>
                        {cell
                          ? (
                            <SheetCell
                              key={cell.peek().id}
                              cell={cell}
                              name={nameOf(axes, at)}
                              before={head.urls[0]!}
                              isNear={isNear}
                            />
                          )
                          : <p class="help gone">Deleted</p>}
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function HeadOf({ head, text }: { readonly head: Head; readonly text: string | null }) {
  return (
    <div class="head">
      {head.urls.length > 0 && (
        <div class="pictures">{head.urls.map((url) => <img key={url} src={url} alt="" width="56" height="56" />)}</div>
      )}
      <p>
        {head.name}
        {text && <span class="value">{text}</span>}
      </p>
    </div>
  );
}
