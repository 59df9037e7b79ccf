/** GraphiQL in a real browser, as somebody who knows nothing opens it. */
import assert from "node:assert/strict";
import { PRESETS } from "../../engine/options/presets.ts";
import { NO_BROWSER, openBrowser } from "../studio/testing/browser.ts";
import { responseOf, runOpenTab } from "../studio/testing/graphiql.ts";
import { ask, cancelTransfer, startTransfer } from "../testing/client.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { testWhere } from "../testing/test_where.ts";
import { SMALL } from "./operations.ts";

/** How long anything may take that the page waits for, in milliseconds: a loaded machine is slow. */
const PATIENCE_MS = 180_000;
const TITLE = "GraphiQL runs its examples, follows a transfer live and shows its frames";

interface Transfers {
  readonly transfers: { readonly edges: readonly { readonly node: { readonly id: string } }[] };
}

testWhere(NO_BROWSER, TITLE, async (t) => {
  await using server = await ServerProcess.start({ env: { STORE: "memory" } });
  await using browser = await openBrowser();
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  const elsewhere: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== server.url) elsewhere.push(request.url());
  });
  const response = responseOf(page);
  const run = (answer: string) => runOpenTab(page, answer);
  const openTab = (title: string) => page.getByRole("button", { name: title, exact: true }).click();

  await t.step("opens on a mutation that runs as it stands", async () => {
    await page.goto(`${server.url}/graphql`);
    await run('"startTransfer"');
    assert.deepEqual(faults, []);
    assert.deepEqual(elsewhere, []);
  });

  await t.step("follows the transfer in the next tab", async () => {
    await openTab("Follow");
    await run('"transferProgress"');
    const text = async () => await response.textContent() ?? "";
    const step = async () => Number(/"step":\s*(\d+)/.exec(await text())?.[1] ?? NaN);
    const first = await step();
    // A fast machine may have come to the end before.
    while (!(await step() > first || /"SUCCEEDED"/.test(await text()))) await page.waitForTimeout(50);
    assert.deepEqual(faults, []);
  });

  await t.step("shows a frame when the pointer is held over its url", async () => {
    await openTab("Transfers");
    await run('"totalCount"');
    const picture = page.locator(".graphiql-response img, .monaco-hover img").first();
    // There may be no frame yet, and a pointer that is there before the text has its colours is told nothing.
    while (!await picture.isVisible()) {
      const url = response.getByText("/frames/").first();
      await page.mouse.move(0, 0);
      if (await url.isVisible()) await url.hover();
      else await run('"totalCount"');
      await page.waitForTimeout(1000);
    }
    const shown = () => picture.evaluate((img) => [(img as HTMLImageElement).naturalWidth, img.outerHTML] as const);
    while ((await shown())[0] === 0) await page.waitForTimeout(50);
    const [width, html] = await shown();
    assert.match(html, /\/transfers\/[\w-]+\/frames\/\d+\.jpg/);
    const sizes = PRESETS.FAST.scales.map(({ size }) => size);
    assert.ok(sizes.includes(width), `${width} is none of FAST's sizes, ${sizes.join(", ")}`);
  });

  await t.step("follows to the end, by itself the transfer that was started last", async () => {
    const { transfers } = await ask<Transfers>(server.url, "{ transfers { edges { node { id } } } }");
    await cancelTransfer(server.url, transfers.edges[0]!.node.id);
    await startTransfer(server.url, SMALL);
    await openTab("Follow");
    await run('"SUCCEEDED"');
    assert.deepEqual(faults, []);
    assert.deepEqual(elsewhere, []);
  });
});
