/** The page is light, and shows itself before any picture has come. */
import assert from "node:assert/strict";
import { browserTest, until } from "./testing/browser.ts";

const MOST_BYTES = 300_000;

/** Share of the window that moves, times how far: 0.1 is what Chromium's authors call good. */
const LARGEST_SHIFT = 0.01;
const WATCH_SHIFTS = `globalThis.shifted = 0;
new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => shifted += value))
  .observe({ type: "layout-shift", buffered: true });`;

browserTest("the page without its pictures weighs less than 300 kB as it is sent", async (_t, visit) => {
  const page = await visit.open("/gallery");
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const pictures = new Set<string>();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, type }) => type === "Image" && pictures.add(requestId));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (!pictures.has(requestId)) bytes += encodedDataLength;
  });
  await page.goto(`${visit.server.url}/`);
  await page.getByText(/steps, .* of memory/).waitFor();
  assert.ok(bytes > 10_000 && bytes < MOST_BYTES, `found ${bytes} bytes`);
});

browserTest("the page is there and nothing moves while its pictures have not come", async (_t, visit) => {
  const page = await visit.open("/gallery");
  const { promise: come, resolve: letCome } = Promise.withResolvers<void>();
  await page.route(/\/images\/|\.jpg$/, async (route) => {
    await come;
    await route.continue();
  });
  await page.addInitScript(WATCH_SHIFTS);
  await page.goto(`${visit.server.url}/`, { waitUntil: "commit" });
  await page.getByRole("heading", { name: /One picture/ }).waitFor();
  await page.getByText(/steps, .* of memory/).waitFor();
  letCome();
  await until(page, "[...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0)");
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  const sum = Number(await page.evaluate("shifted"));
  assert.ok(sum < LARGEST_SHIFT, `found a layout shift of ${sum}`);
});
