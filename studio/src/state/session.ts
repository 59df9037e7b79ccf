import { computed, signal } from "@preact/signals";
import { messageOf, request, RequestError } from "../api/client.ts";
import { credentials, forget, keep, lost, signIn, takeKeyFromAddress } from "../api/credentials.ts";
import { disconnect } from "../api/live.ts";
import { comeFromIssuer } from "../api/oidc.ts";
import { Who, type WhoData } from "../api/operations.ts";
import { BASE } from "../base.ts";
import { loadCatalogue } from "./catalogue.ts";
import { showAddress } from "./route.ts";

type Viewer = WhoData["viewer"];

/** Who is signed in; null while that is not known. */
export const viewer = signal<Viewer | null>(null);
/** Why the server does not say who that is; null where it does. */
export const sessionProblem = signal<string | null>(null);

const RETRY_MS = 2000;

/** `open` where nobody is asked who they are, else whether somebody is signed in. */
export const stage = computed((): "open" | "out" | "checking" | "in" => {
  if (signIn.ways.length === 0 && lost.value === null) return "open";
  if (credentials.value === null) return "out";
  return viewer.value === null ? "checking" : "in";
});

/** Whether the caller may start and change transfers. */
export const mayChange = computed(() =>
  stage.value === "open" || stage.value === "in" && viewer.value?.role !== "VIEWER"
);
/** The one transfer that the caller may follow; null for who is not held to one. */
export const followsOnly = computed(() => viewer.value?.follows ?? null);

/** To be called once, before anything is shown. */
export async function beginSession(): Promise<void> {
  takeKeyFromAddress();
  // A link may be pasted where the studio is open.
  addEventListener("hashchange", () => takeKeyFromAddress() && location.reload());
  if (signIn.ways.length === 0) return await loadCatalogue();
  credentials.subscribe((shown) => {
    if (shown === null) {
      viewer.value = null;
      disconnect();
    }
  });
  try {
    const back = await comeFromIssuer();
    if (back) keep(back);
  } catch (error) {
    forget(`You could not be signed in: ${messageOf(error)}`);
  }
  showAddress();
  if (credentials.value !== null) await enter();
}

/** Signs in with a key or a token. What was shown to somebody else is not shown on. */
export async function signInWith(token: string): Promise<void> {
  const before = left;
  keep({ token, refresh: null, expiresAt: null });
  await enter();
  if (before !== null && viewer.value !== null && viewer.value.owner !== before.owner) location.reload();
}

/** Signs out, and leaves nothing of what was shown. */
export function signOut(): void {
  forget(null);
  location.assign(`${BASE}/`);
}

/** Who was signed in last. */
let left: Viewer | null = null;

/** Asks who it is that has signed in, until the server answers. */
async function enter(): Promise<void> {
  const shown = credentials.value;
  try {
    const answer = await request(Who, {});
    sessionProblem.value = null;
    viewer.value = left = answer.viewer;
    void loadCatalogue();
  } catch (error) {
    if (credentials.value === null) return;
    if (error instanceof RequestError && error.code === "FORBIDDEN") return forget(`${error.message}.`);
    sessionProblem.value = messageOf(error);
    setTimeout(() => shown === credentials.value && void enter(), RETRY_MS);
  }
}
