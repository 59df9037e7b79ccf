import { credentials, forget } from "../api/credentials.ts";
import { signOut, viewer } from "../state/session.ts";

const ROLES = { VIEWER: "Viewer", USER: "User", ADMIN: "Admin" } as const;
const DATE: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };

/** Who is signed in, and the way out. */
export function Account() {
  const who = viewer.value;
  if (who === null) return null;
  if (who.follows !== null) {
    return (
      <p class="guest">
        <span>Shared with you</span>
        <button type="button" class="quiet" onClick={() => forget(null)}>Sign in</button>
      </p>
    );
  }
  return (
    <div class="account">
      <button type="button" popovertarget="account" data-initial={[...who.name][0]?.toUpperCase()}>
        <span class="unseen">Account:</span> <span class="name">{who.name}</span>
      </button>
      <div id="account" popover="auto" class="who">
        <p class="name">{who.name}</p>
        <dl>
          <div>
            <dt>Role</dt>
            <dd>{ROLES[who.role]}</dd>
          </div>
          <div>
            <dt>Owner</dt>
            <dd>{who.owner}</dd>
          </div>
          {/* What is renewed has no end that anybody has to know. */}
          {who.expires && !credentials.value?.refresh && (
            <div>
              <dt>Until</dt>
              <dd>{new Date(who.expires).toLocaleString([], DATE)}</dd>
            </div>
          )}
        </dl>
        <button type="button" onClick={signOut}>Sign out</button>
      </div>
    </div>
  );
}
