/**
 * Takes the pictures of batches of docs/studio/ from a real server and engine:
 *
 *     deno run -A tests/studio/testing/take_sheet_screenshots.ts
 */
import { Buffer } from "node:buffer";
import { bringTo, until, Visit } from "./browser.ts";
import { DESKTOP, take } from "./screenshot.ts";

const SAMPLES = new URL("../../../samples/", import.meta.url);

await using visit = await Visit.begin();
const page = await visit.open("/several", { viewport: DESKTOP });
page.setDefaultTimeout(900_000);

/** Drops samples as files of a person's own. */
async function drop(onto: string, ...names: readonly string[]): Promise<void> {
  const files = await Promise.all(names.map(async (name) => ({
    name: `${name}.jpg`,
    mimeType: "image/jpeg",
    buffer: Buffer.from(await Deno.readFile(new URL(`${name}.jpg`, SAMPLES))),
  })));
  const picker = page.getByRole("region", { name: onto });
  await bringTo(picker.locator(".drop"), "drop", files);
  await picker.getByText(`${names.length} chosen`).waitFor();
}

await drop("Paint these", "mountain-lake", "still-life", "city-at-night");
await drop("In the styles of", "starry-swirls", "woodcut-waves", "stained-glass");
await page.getByText("More options").click();
await page.getByLabel("Size", { exact: true }).fill("192");
await page.getByText("More options").click();
await page.getByText("= 9 paintings").waitFor();
await page.evaluate("scrollTo(0, 0)");
await take(page, "several", ["light"]);

await page.getByRole("button", { name: "Paint all 9" }).click();
await page.getByText("5 of 9 done").waitFor();
await until(page, "document.querySelector('.cell.running progress')?.value > 0.3");
await take(page, "sheet-running", ["dark"]);

await page.getByText("9 of 9 done").waitFor();
const lake = page.locator("[data-zooms]").first();
const { x, y, width, height } = (await lake.boundingBox())!;
await page.mouse.move(x + 0.6 * width, y + 0.4 * height);
await page.keyboard.down("Control");
await page.mouse.wheel(0, -280);
await page.keyboard.up("Control");
await until(page, "document.querySelectorAll('.cell img.in[src^=\"/images/\"]').length >= 6");
await take(page, "sheet-zoomed", ["light"]);
for (const message of visit.complaints) console.error(message);
