/** Several pictures in several styles at once, from the drop to the finished contact sheet. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { encodePicture } from "../../images/encode.ts";
import { readTiming } from "../../images/timing.ts";
import { MOVING_TIMING, movingContent } from "../../transfers/testing/moving_content.ts";
import { until as isTrue } from "../testing/in_time.ts";
import { bringTo, browserTest, seePicture, until } from "./testing/browser.ts";
import { examine } from "./testing/examine.ts";

const START_BATCH = "mutation ($input: StartBatchInput!) { startBatch(input: $input) { batch { id } } }";

/** Small pictures, each unlike the others. */
async function pictures(...names: readonly string[]) {
  return await Promise.all(names.map(async (name, which) => {
    const rgb = Uint8Array.from({ length: 3 * 48 * 32 }, (_, i) => (i * (which + 3) * 37) % 256);
    const bytes = await encodePicture({ width: 48, height: 32, rgb }, { format: "PNG" });
    return { name: `${name}.png`, mimeType: "image/png", buffer: Buffer.from(bytes) };
  }));
}

/** The paintings of the sheet that are in a state. */
function cells(page: Page, state: string) {
  return page.getByRole("link", { name: new RegExp(`^${state}: `) });
}

/** How much larger than whole the pictures of the sheet are, and how far they are moved, in percent of their cell. */
async function views(page: Page): Promise<readonly string[]> {
  const viewsOf = (images: Element[]) =>
    images.map((image) => {
      const { width, height } = image.parentElement!.getBoundingClientRect();
      const { a, e, f } = new DOMMatrix(getComputedStyle(image).transform);
      return [100 * a, 100 * e / width, 100 * f / height].map(Math.round).join();
    });
  return [...new Set(await page.locator("[data-zooms] img").evaluateAll(viewsOf))];
}

async function zoomOf(page: Page): Promise<number> {
  return Number((await page.getByLabel("Zoom", { exact: true }).textContent())!.replace("×", ""));
}

browserTest("several pictures in several styles at once, from the drop to the finished sheet", async (t, visit) => {
  const page = await visit.open("/several");
  const quote = page.locator(".quote");

  await t.step("it says what is missing", async () => {
    await page.getByText("Choose what is painted.").waitFor();
    assert.ok(await page.getByRole("button", { name: "Paint all" }).isDisabled());
  });

  await t.step("several files are dropped, and chosen; what is none is named, and holds up no other", async () => {
    await bringTo(
      page.getByRole("region", { name: "Paint these" }).locator(".drop"),
      "drop",
      await pictures("lake", "hill"),
    );
    await page.getByText("2 chosen").waitFor();
    const [first, ...others] = await pictures("ink", "chalk");
    const notes = { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("notes") };
    await page.getByLabel("File for the styles").setInputFiles([first!, notes, ...others]);
    await page.getByText(/^notes\.png: Cannot read image/).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByText("2 chosen").nth(1).waitFor();
  });

  await t.step("what is varied multiplies them, and what cannot be is refused", async () => {
    await page.getByText("More options").click();
    await page.getByLabel("Size", { exact: true }).fill("48");
    await page.getByLabel("Steps", { exact: true }).fill("5");
    await quote.getByText("2 pictures × 2 styles = 4 paintings").waitFor();
    await page.getByLabel("Also vary").selectOption("seed");
    await page.getByLabel("Values of Seed").fill("1 2 3");
    await quote.getByText("2 pictures × 2 styles × 3 = 12 paintings").waitFor();
    await page.getByLabel("Values of Seed").fill("1 few");
    await quote.getByText("Cannot use few for seed: wanted whole numbers").waitFor();
    assert.ok(await page.getByRole("button", { name: "Paint all" }).isDisabled());
    await page.getByLabel("Values of Seed").fill(Array.from({ length: 30 }, (_, i) => i).join());
    await quote.getByText("That makes 120 paintings: 100 are the most at once").waitFor();
    await page.getByLabel("Also vary").selectOption("preset");
    await page.getByLabel("And vary").selectOption("color");
    await quote.getByText("2 pictures × 2 styles × 2 × 2 = 16 paintings").waitFor();
    await quote.getByText(/^(About .+|Duration not known yet), \d+ steps in all$/).waitFor();
    await examine(page);
    await page.getByLabel("And vary").selectOption("nothing else");
    await page.getByLabel("Also vary").selectOption("nothing");
  });

  await t.step("the sheet fills, and is there again after the page is loaded anew", async () => {
    await page.getByRole("button", { name: "Paint all 4" }).click();
    await page.waitForURL("**/batches/*");
    await page.getByRole("progressbar", { name: /^Work done: Picture 1 in Style 2$/ }).waitFor();
    assert.equal(await page.getByRole("columnheader").count(), 2);
    assert.equal(await page.getByRole("rowheader").count(), 2);
    await page.reload();
    await page.getByText("4 of 4 done").waitFor();
    assert.equal(await cells(page, "Finished").count(), 4);
    await seePicture(page.getByRole("cell").last(), "data:");
    await examine(page);
  });

  await t.step("what is zoomed or moved in one is in all, by keys, wheel and mouse; a click opens one", async () => {
    const cell = page.locator("[data-zooms]").first();
    await cells(page, "Finished").first().focus();
    await page.keyboard.press("+");
    assert.equal(await zoomOf(page), 1.5);
    assert.equal((await views(page)).length, 1);
    await page.keyboard.press("0");
    await cell.hover();
    // Over whole pictures the wheel is the page's.
    await page.mouse.wheel(0, -300);
    await page.mouse.wheel(0, 300);
    assert.equal(await zoomOf(page), 1);
    await page.mouse.wheel(0, -600);
    await cell.hover();
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -300);
    await page.keyboard.up("Control");
    await until(page, `document.querySelector("output[aria-label=Zoom]").textContent.includes("2.7")`);
    await page.mouse.wheel(0, -150);
    await until(page, `document.querySelector("output[aria-label=Zoom]").textContent.includes("4.5")`);
    await page.mouse.wheel(0, 150);
    await until(page, `document.querySelector("output[aria-label=Zoom]").textContent.includes("2.7")`);
    const before = await views(page);
    await page.mouse.down();
    await page.mouse.move(0, 0, { steps: 3 });
    await page.mouse.up();
    const after = await views(page);
    assert.equal(after.length, 1);
    assert.notDeepEqual(after, before);
    assert.match(page.url(), /batches/);
    await seePicture(cell, "/images/");
    await page.getByRole("button", { name: "Whole" }).click();
    assert.equal(await zoomOf(page), 1);
    const sheet = page.url();
    await cells(page, "Finished").first().click();
    await page.waitForURL("**/transfers/*");
    await page.getByRole("link", { name: "To its contact sheet" }).click();
    await page.waitForURL(sheet);
  });

  await t.step("it is saved as one picture, and each on its own", async () => {
    const save = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the sheet" }).click();
    const bytes = await Deno.readFile(await (await save).path());
    assert.equal(String.fromCharCode(...bytes.subarray(0, 4)), "\x89PNG");
    const names = new Set<string>();
    page.on("download", (download) => names.add(download.suggestedFilename()));
    await page.getByRole("button", { name: "Save each as PNG" }).click();
    await page.getByText("Saving 4 of 4").waitFor();
    await page.getByText("Saving 4 of 4").waitFor({ state: "hidden" });
    assert.deepEqual([...names].sort(), [
      "picture-1-in-style-1.png",
      "picture-1-in-style-2.png",
      "picture-2-in-style-1.png",
      "picture-2-in-style-2.png",
    ]);
  });

  await t.step("one is painted larger", async () => {
    await page.getByRole("button", { name: "Paint larger, 96 × 64: Picture 2 in Style 1" }).click();
    await page.waitForURL("**/transfers/*");
    await page.getByText("96 × 64 px").waitFor();
    await page.goBack();
  });

  await t.step("what moves is saved as such, and not painted larger", async () => {
    const sheet = page.url();
    const { startBatch } = await visit.ask(START_BATCH, {
      input: {
        contents: [{ base64: movingContent().toBase64() }, { sample: "mountain-lake" }],
        styles: [[{ image: { sample: "starry-swirls" } }]],
        base: { preset: "FAST", size: 48, steps: 4, moving: true },
      },
    });
    await page.goto(new URL(`/batches/${startBatch.batch.id}`, sheet).href);
    await page.getByText("2 of 2 done").waitFor();
    assert.equal(await page.getByRole("button", { name: /^Paint larger/ }).count(), 1);
    const files = new Map<string, Promise<string>>();
    page.on("download", (download) => files.set(download.suggestedFilename().split(".").at(-1)!, download.path()));
    await page.getByRole("button", { name: "Save each as PNG or WebP" }).click();
    await isTrue(() => files.size === 2);
    assert.deepEqual([...files.keys()].sort(), ["png", "webp"]);
    const moving = await Deno.readFile(await files.get("webp")!);
    assert.deepEqual((await readTiming(moving))?.delays, MOVING_TIMING.delays);
    await visit.ask("mutation ($id: ID!) { deleteBatch(id: $id) { id } }", { id: startBatch.batch.id });
    await page.goto(sheet);
  });

  await t.step("all are deleted when told twice", async () => {
    await page.getByRole("button", { name: "Delete all" }).click();
    const sheet = page.url();
    await page.getByRole("button", { name: "Really delete all" }).click();
    await page.waitForURL("**/gallery");
    await page.goto(sheet);
    await page.getByRole("heading", { name: "There is no such sheet here" }).waitFor();
    await examine(page);
  });

  const { startBatch } = await visit.ask(START_BATCH, {
    input: {
      contents: [{ sample: "mountain-lake" }],
      styles: [[{ image: { sample: "geometry" } }]],
      base: { preset: "FAST", size: 48, steps: 10_000 },
      variations: [1, 2].map((seed) => ({ name: `Seed ${seed}`, seed })),
    },
  });
  const viewport = { width: 360, height: 740 };
  const phone = await visit.open(`/batches/${startBatch.batch.id}`, { viewport, hasTouch: true, isMobile: true });

  const overflow = () => phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

  await t.step("on a telephone, a sheet goes on where it was when the connection was lost", async () => {
    await cells(phone, "Painting").first().waitFor();
    const stepOf = () => phone.evaluate("parseInt(document.querySelector('.cell.running .help')?.textContent ?? '0')");
    await until(phone, "parseInt(document.querySelector('.cell.running .help')?.textContent ?? '0') > 0");
    const step = Number(await stepOf());
    await visit.restart(async () => void await phone.getByText(/Connection lost/).waitFor());
    await until(phone, `parseInt(document.querySelector('.cell.running .help')?.textContent ?? '0') > ${step}`);
  });

  await t.step("nothing overflows, and two fingers zoom both", async () => {
    assert.equal(await overflow(), 0);
    const { x, y, width, height } = (await phone.locator("[data-zooms]").first().boundingBox())!;
    const fingers = await phone.context().newCDPSession(phone);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", apart: number) =>
      fingers.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: type === "touchEnd" ? [] : [-1, 1].map((side, id) => ({
          id,
          x: x + width / 2 + side * apart * width,
          y: y + height / 2,
        })),
      });
    await touch("touchStart", 0.1);
    for (const apart of [0.2, 0.3, 0.4]) await touch("touchMove", apart);
    await touch("touchEnd", 0);
    await until(phone, `document.querySelector("output[aria-label=Zoom]").textContent.includes("4")`);
    assert.equal((await views(phone)).length, 1);
    assert.match(phone.url(), /batches/);
  });

  await t.step("all are stopped", async () => {
    await phone.getByRole("button", { name: "Stop all" }).tap();
    await phone.getByText("2 of 2 done").waitFor();
    assert.equal(await cells(phone, "Stopped").count(), 2);
  });

  await t.step("there is a way back to it from where others are put together", async () => {
    const { pathname } = new URL(phone.url());
    await phone.goto(`${visit.server.url}/several`);
    const earlier = phone.getByRole("region", { name: "Earlier sheets" });
    await earlier.getByText("Stopped").waitFor();
    await phone.getByLabel("Also vary").selectOption("styleMatch");
    assert.equal(await overflow(), 0);
    await earlier.getByRole("link", { name: /2 paintings$/ }).tap();
    await phone.waitForURL(`**${pathname}`);
  });
});
