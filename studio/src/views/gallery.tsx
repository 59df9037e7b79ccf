import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { request } from "../api/client.ts";
import { Gallery as GalleryQuery, type GalleryData } from "../api/operations.ts";
import { useAttempt } from "../parts/attempt.ts";
import { GalleryCard } from "../parts/gallery_card.tsx";
import { PageLink } from "../parts/page_link.tsx";
import { mayChange } from "../state/session.ts";

type Edge = GalleryData["transfers"]["edges"][number];
const PAGE = 12;

/** The caller's transfers, newest first; those under way move. */
export function Gallery() {
  const edges = useSignal<readonly Edge[]>([]);
  const total = useSignal<number | null>(null);
  const cursor = useSignal<string | null>(null);
  const [attempt, problem] = useAttempt();
  const list = useRef<HTMLUListElement>(null);

  const more = () =>
    attempt(async () => {
      const { transfers } = await request(GalleryQuery, { first: PAGE, after: cursor.value });
      total.value = transfers.totalCount;
      const known = new Set(edges.value.map((edge) => edge?.node.id));
      edges.value = [...edges.value, ...transfers.edges.filter((edge) => !known.has(edge?.node.id))];
      cursor.value = transfers.pageInfo.hasNextPage ? transfers.pageInfo.endCursor : null;
    });
  useEffect(() => void more(), []);

  const remove = (id: string) => {
    edges.value = edges.value.filter((edge) => edge?.node.id !== id);
    if (total.value !== null) total.value--;
    // What had the focus is gone.
    list.current?.focus();
  };
  return (
    <div class="gallery">
      <div class="headline">
        <h1>Gallery</h1>
        <p>{total.value === null ? " " : `${total.value} ${total.value === 1 ? "painting" : "paintings"}`}</p>
      </div>
      {total.value === 0 && (
        <div class="empty">
          <p>Nothing has been painted yet.</p>
          {mayChange.value && <PageLink class="button" to="/">Paint the first one</PageLink>}
        </div>
      )}
      <ul ref={list} tabIndex={-1} aria-label="Paintings">
        {edges.value.map((edge) => edge && <GalleryCard key={edge.node.id} transfer={edge.node} onDeleted={remove} />)}
      </ul>
      <p class="problem" role="alert">{problem.value}</p>
      {(cursor.value || problem.value) && <button type="button" class="quiet more" onClick={more}>Show more</button>}
    </div>
  );
}
