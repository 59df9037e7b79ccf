import { signal } from "@preact/signals";
import { SESSION_KEY, type SignIn } from "../../../access/sign_in.ts";

/** What the caller shows: a key, or a token of the issuer. Kept for as long as the tab is open. */
export interface Credentials {
  readonly token: string;
  /** What the issuer gives another token for; null for a key, and where it gives none. */
  readonly refresh: string | null;
  /** Milliseconds since the epoch by this machine's clock; null where that is not known here. */
  readonly expiresAt: number | null;
}

/** How to sign in here, as the server has told the page. */
export const signIn: SignIn = told();

export const credentials = signal<Credentials | null>(kept());
/** Why somebody who was signed in is no longer; null for who never was, or has left. */
export const lost = signal<string | null>(null);

export function keep(shown: Credentials): void {
  sessionStorage.setItem(SESSION_KEY, JSON.stringify(shown));
  lost.value = null;
  credentials.value = shown;
}

/** @param why What to tell the person; null where they know. */
export function forget(why: string | null): void {
  sessionStorage.removeItem(SESSION_KEY);
  lost.value = why;
  credentials.value = null;
}

/** Keeps the key that the address ends with, as of a link, and takes it out of the address; answers whether there was one. */
export function takeKeyFromAddress(): boolean {
  const key = /^#(?:.*&)?key=([^&]+)/.exec(location.hash)?.[1];
  if (key === undefined) return false;
  history.replaceState(null, "", location.pathname + location.search);
  if (signIn.ways.length > 0) keep({ token: decodeURIComponent(key), refresh: null, expiresAt: null });
  return true;
}

function told(): SignIn {
  const content = document.querySelector<HTMLMetaElement>('meta[name="sign-in"]')?.content;
  return content ? JSON.parse(content) : { ways: [], oidc: null };
}

function kept(): Credentials | null {
  // Where nobody is asked, the page does without: some browsers are told to keep nothing.
  const text = signIn.ways.length === 0 ? null : sessionStorage.getItem(SESSION_KEY);
  return text === null ? null : JSON.parse(text);
}
