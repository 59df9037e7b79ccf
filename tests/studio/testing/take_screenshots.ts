/**
 * Takes the pictures of docs/studio/ but those of batches from a real server and engine, in light and in dark:
 *
 *     deno run -A tests/studio/testing/take_screenshots.ts
 */
import type { Page } from "playwright-core";
import { Visit } from "./browser.ts";
import { DESKTOP, take } from "./screenshot.ts";

const PHONE = { width: 390, height: 844 };

/** Share of the work after which a running transfer is taken: forms are there, brush strokes not yet. */
const SHOWN = 0.4;

await using visit = await Visit.begin();

async function paint(content: string, style: string, options: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return await visit.start({
    size: 256,
    keepFrames: true,
    seed: 1,
    content: { sample: content },
    styles: [{ image: { sample: style } }],
    ...options,
  });
}

async function finished(id: string): Promise<Page> {
  const page = await visit.open(`/transfers/${id}`, { viewport: DESKTOP });
  page.setDefaultTimeout(600_000);
  await page.getByRole("heading", { name: "Finished" }).waitFor();
  return page;
}

await (await finished(await paint("still-life", "geometry"))).close();
await (await finished(await paint("city-at-night", "stained-glass"))).close();
const lake = await finished(await paint("mountain-lake", "woodcut-waves"));
await take(lake, "finished");
await lake.getByRole("button", { name: "Before and after" }).click();
await take(lake, "compared");

const running = await paint("mountain-lake", "starry-swirls");
await paint("still-life", "watercolour-garden");
const page = await visit.open(`/transfers/${running}`, { viewport: DESKTOP });
const bar = page.getByLabel("Work done");
while (await bar.evaluate((bar) => (bar as HTMLProgressElement).value) < SHOWN) await page.waitForTimeout(50);
await take(page, "running");
await page.goto(`${visit.server.url}/gallery`);
await page.locator(".piece .in[src^=data]").first().waitFor();
await take(page, "gallery");

const phone = await visit.open(`/transfers/${running}`, { viewport: PHONE, isMobile: true, hasTouch: true });
await phone.locator(".emerging .in[src^=data]").waitFor();
await take(phone, "phone-running");
await phone.goto(visit.server.url);
await phone.getByText(/steps, .* of memory/).waitFor();
await take(phone, "phone-compose");

await page.goto(visit.server.url);
await page.getByText(/steps, .* of memory/).waitFor();
await take(page, "compose");

await page.getByRole("button", { name: /^Mark: What to keep/ }).click();
const canvas = page.getByRole("application");
const { x, y, width, height } = (await canvas.boundingBox())!;
/** Over the houses of the first sample, in shares of its sides. */
const STROKE = [[0.26, 0.6], [0.42, 0.53], [0.56, 0.48], [0.7, 0.55], [0.86, 0.6]] as const;
for (const [i, [right, down]] of STROKE.entries()) {
  await page.mouse.move(x + right * width, y + down * height, { steps: 4 });
  if (i === 0) await page.mouse.down();
}
await page.mouse.up();
await take(page, "masks");
await page.getByRole("button", { name: "Cancel" }).click();
await page.getByRole("button", { name: "Really discard" }).click();

await page.goto(`${visit.server.url}/transfers/${running}`);
await page.locator(".emerging .in").waitFor();
await visit.restart(async () => {
  await page.getByText(/Connection lost/).waitFor();
  await take(page, "connection-lost");
});
for (const message of visit.complaints) console.error(message);
