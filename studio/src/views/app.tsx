import { useEffect } from "preact/hooks";
import { BASE } from "../base.ts";
import { Account } from "../parts/account.tsx";
import { ConnectionNotice } from "../parts/connection_notice.tsx";
import { PageLink } from "../parts/page_link.tsx";
import { type Route, route } from "../state/route.ts";
import { followsOnly, mayChange, stage } from "../state/session.ts";
import { BatchPage } from "./batch_page.tsx";
import { Compose } from "./compose.tsx";
import { Gallery } from "./gallery.tsx";
import { Several } from "./several.tsx";
import { SignIn } from "./sign_in.tsx";
import { TransferPage } from "./transfer_page.tsx";

const TITLES = {
  compose: "Gramcast",
  several: "Several at once · Gramcast",
  gallery: "Gallery · Gramcast",
  batch: "Contact sheet · Gramcast",
  transfer: "Painting · Gramcast",
  "sign-in": "Sign in · Gramcast",
};

/** The page that the caller gets to see: who can change nothing has no first page. */
function pageFor(asked: Route): Route {
  const only = followsOnly.value;
  if (only !== null) return { page: "transfer", id: only };
  const changes = asked.page === "compose" || asked.page === "several";
  return changes && !mayChange.value ? { page: "gallery" } : asked;
}

/** The header, and the page that the address names. */
export function App() {
  const out = stage.value === "out";
  const known = stage.value === "open" || stage.value === "in";
  const shown = pageFor(route.value);
  const title = TITLES[out ? "sign-in" : shown.page];
  useEffect(() => {
    document.title = title;
  }, [title]);
  const mark = (
    <>
      <img src={`${BASE}/studio/icon.svg`} alt="" width="28" height="28" />
      <span>Gramcast</span>
    </>
  );
  const links = known && followsOnly.value === null;
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <header class="top">
        {links ? <PageLink class="wordmark" to="/">{mark}</PageLink> : <span class="wordmark">{mark}</span>}
        {links && (
          <nav aria-label="Pages">
            {mayChange.value && <PageLink to="/" current={shown.page === "compose"}>New</PageLink>}
            <PageLink to="/gallery" current={shown.page === "gallery"}>Gallery</PageLink>
            <a href={`${BASE}/graphql`}>API</a>
          </nav>
        )}
        {stage.value === "in" && <Account />}
      </header>
      <ConnectionNotice />
      <main id="main" tabIndex={-1} aria-busy={!known && !out}>
        {out ? <SignIn /> : known && <Page shown={shown} />}
      </main>
    </>
  );
}

function Page({ shown }: { readonly shown: Route }) {
  switch (shown.page) {
    case "transfer":
      return <TransferPage key={shown.id} id={shown.id} />;
    case "gallery":
      return <Gallery />;
    case "batch":
      return <BatchPage key={shown.id} id={shown.id} />;
    case "several":
      return <Several />;
    case "compose":
      return <Compose />;
  }
}
