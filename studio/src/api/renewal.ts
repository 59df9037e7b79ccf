import { type Credentials, credentials, forget, keep } from "./credentials.ts";
import { renewed } from "./oidc.ts";

/** Milliseconds before its end in which a token is renewed. */
const AHEAD_MS = 20_000;
/** Milliseconds within which another token would be refused as the last was, unless that is about to end. */
const APART_MS = 10_000;

/** The renewal under way: one is enough for all that wait for it. */
let renewing: Promise<void> | null = null;
let renewedAt = -Infinity;

/** The token to show, renewed where it is about to end; null for who is not signed in. */
export async function freshToken(): Promise<string | null> {
  const shown = credentials.value;
  if (shown?.refresh && isEnding(shown)) await renew(shown);
  return credentials.value?.token ?? null;
}

/**
 * To be called when the server refuses a token.
 *
 * @param token What was refused; null where none was shown.
 * @returns Whether there is another to show. If not, the person has to sign in.
 */
export async function replaceToken(token: string | null): Promise<boolean> {
  const shown = credentials.value;
  if (shown && shown.token !== token) return true;
  if (shown?.refresh && (isEnding(shown) || performance.now() - renewedAt > APART_MS)) await renew(shown);
  if (credentials.value && credentials.value.token !== token) return true;
  forget(token === null ? null : "What you signed in with is not valid, or no longer: it has expired or was revoked.");
  return false;
}

function isEnding({ expiresAt }: Credentials): boolean {
  return expiresAt !== null && expiresAt - Date.now() < AHEAD_MS;
}

/** @param shown What is to be replaced; where that fails, it stays. */
async function renew(shown: Credentials): Promise<void> {
  renewing ??= (async () => {
    try {
      const fresh = await renewed(shown.refresh!);
      renewedAt = performance.now();
      // Who has left meanwhile stays away.
      if (credentials.value === shown) keep(fresh);
    } catch {
      // The server says whether the old one will do.
    } finally {
      renewing = null;
    }
  })();
  await renewing;
}
