/** The studio and GraphiQL in a real browser, behind the proxies that docs/operations.md names. */
import assert from "node:assert/strict";
import { ENDLESS } from "../e2e/operations.ts";
import { NO_BROWSER, openBrowser } from "../studio/testing/browser.ts";
import { runOpenTab } from "../studio/testing/graphiql.ts";
import { startTransfer } from "../testing/client.ts";
import { behindProxy, PROXIES } from "./proxy.ts";

for (const kind of PROXIES) {
  behindProxy(kind, "the studio and GraphiQL work in a browser", async (_t, { origin, url }) => {
    const running = await startTransfer(url, ENDLESS);
    await using browser = await openBrowser();
    const page = await browser.newPage();
    page.setDefaultTimeout(180_000);
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("response", (response) => {
      if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
    });
    page.on("request", (request) => {
      const { protocol, pathname, host } = new URL(request.url());
      if (/^https?:/.test(protocol) && (host !== new URL(origin).host || !pathname.startsWith("/gramcast/"))) {
        faults.push(`asked ${request.url()}`);
      }
    });
    await page.goto(`${url}/gallery`);
    // To the transfer's page by a link, then followed live over a WebSocket.
    await page.locator(`a[href="/gramcast/transfers/${running}"]`).first().click();
    assert.equal(new URL(page.url()).pathname, `/gramcast/transfers/${running}`);
    await page.getByRole("button", { name: /^(cancel|stop)/i }).first().click();
    await page.getByRole("heading", { name: "What now" }).waitFor();
    await page.goto(`${url}/graphql`);
    await page.getByRole("button", { name: "Transfers", exact: true }).click();
    await runOpenTab(page, '"totalCount"');
    assert.deepEqual(faults, []);
  }, NO_BROWSER);
}
