import { useEffect } from "preact/hooks";
import { BASE } from "../base.ts";
import { ConnectionNotice } from "../parts/connection_notice.tsx";
import { PageLink } from "../parts/page_link.tsx";
import { route } from "../state/route.ts";
import { Compose } from "./compose.tsx";
import { Gallery } from "./gallery.tsx";
import { TransferPage } from "./transfer_page.tsx";

const TITLES = { compose: "Gramcast", gallery: "Gallery · Gramcast", transfer: "Painting · Gramcast" };

/** The header, and the page that the address names. */
export function App() {
  const { value } = route;
  const { page } = value;
  useEffect(() => {
    document.title = TITLES[page];
  }, [page]);
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <header class="top">
        <PageLink class="wordmark" to="/">
          <img src={`${BASE}/studio/icon.svg`} alt="" width="28" height="28" />
          Gramcast
        </PageLink>
        <nav aria-label="Pages">
          <PageLink to="/" current={page === "compose"}>New</PageLink>
          <PageLink to="/gallery" current={page === "gallery"}>Gallery</PageLink>
          <a href={`${BASE}/graphql`}>API</a>
        </nav>
      </header>
      <ConnectionNotice />
      <main id="main" tabIndex={-1}>
        {value.page === "transfer"
          ? <TransferPage key={value.id} id={value.id} />
          : page === "gallery"
          ? <Gallery />
          : <Compose />}
      </main>
    </>
  );
}
