import { connection, reconnectNow } from "../api/live.ts";
import { catalogueError } from "../state/catalogue.ts";
import { sessionProblem } from "../state/session.ts";

/** Says that the connection is lost and when it is tried again; silent while all is well. */
export function ConnectionNotice() {
  const now = connection.value;
  const trouble = sessionProblem.value ?? catalogueError.value;
  const when = now.state === "lost" && now.seconds > 0 ? `in ${now.seconds} s` : "now";
  const message = now.state === "lost"
    ? `Connection lost. Trying again ${when}; the painting goes on meanwhile.`
    : trouble && `${trouble}. Trying again every 2 s.`;
  return (
    <div class="notice-place" role="status">
      {message && (
        <p class="notice">
          <span>{message}</span>
          {now.state === "lost" && now.seconds > 0 && <button type="button" onClick={reconnectNow}>Try now</button>}
        </p>
      )}
    </div>
  );
}
