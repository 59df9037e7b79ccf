import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { request } from "../api/client.ts";
import { Sheets, type SheetsData } from "../api/operations.ts";
import { STATUS_WORDS } from "../state/followed.ts";
import { formatTime } from "../state/format.ts";
import { batchPath } from "../state/route.ts";
import { useAttempt } from "./attempt.ts";
import { PageLink } from "./page_link.tsx";

/** The ways back to the newest contact sheets; nothing where there are none. */
export function EarlierSheets() {
  const edges = useSignal<SheetsData["batches"]["edges"]>([]);
  const [attempt, problem] = useAttempt();
  useEffect(() => void attempt(async () => void (edges.value = (await request(Sheets, {})).batches.edges)), []);
  if (edges.value.length === 0) return <p class="problem" role="alert">{problem.value}</p>;
  return (
    <section class="earlier" aria-labelledby="earlier-heading">
      <h3 id="earlier-heading">Earlier sheets</h3>
      <ul>
        {edges.value.map((edge) =>
          edge && (
            <li key={edge.node.id}>
              <PageLink to={batchPath(edge.node.id)}>
                {formatTime(edge.node.createdAt)}, {edge.node.count} paintings
              </PageLink>{" "}
              <span class="help">{STATUS_WORDS[edge.node.status]}</span>
            </li>
          )
        )}
      </ul>
    </section>
  );
}
