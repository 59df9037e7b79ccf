import { signal } from "@preact/signals";
import { BASE } from "../base.ts";

/** What the address shows; it can be shared and bookmarked. */
export type Route =
  | { readonly page: "compose" }
  | { readonly page: "several" }
  | { readonly page: "gallery" }
  | { readonly page: "batch"; readonly id: string }
  | { readonly page: "transfer"; readonly id: string };

/** Path of the page where several are put together. */
export const SEVERAL = "/several";

/** The route of a path below that of the server; anything unknown is the first page. */
function parseRoute(pathname: string): Route {
  const [, kind, id] = /^\/(transfer|batche)s\/([\w-]{1,100})$/.exec(pathname) ?? [];
  if (id) return { page: kind === "transfer" ? "transfer" : "batch", id };
  if (pathname === SEVERAL) return { page: "several" };
  return pathname === "/gallery" ? { page: "gallery" } : { page: "compose" };
}

/** The path of a transfer's page. */
export function transferPath(id: string): string {
  return `/transfers/${id}`;
}

/** The path of a batch's contact sheet. */
export function batchPath(id: string): string {
  return `/batches/${id}`;
}

export const route = signal<Route>(shown());

function shown(): Route {
  return parseRoute(location.pathname.slice(BASE.length));
}

/** Shows another page, by its path below that of the server, without loading anything. */
export function navigate(pathname: string): void {
  if (BASE + pathname !== location.pathname) history.pushState(null, "", BASE + pathname);
  route.value = parseRoute(pathname);
  scrollTo(0, 0);
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** Follows a link to one of the pages, unless it shall open elsewhere. To be called on every click. */
export function followLink(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link?.dataset.page || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  navigate(link.pathname.slice(BASE.length));
}

/** Shows the page of the address, after it has been changed without this knowing. */
export function showAddress(): void {
  route.value = shown();
}

addEventListener("popstate", showAddress);
