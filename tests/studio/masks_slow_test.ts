/** What counts of a picture is painted on it, by mouse, finger and keyboard. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { Picture } from "../../engine/picture.ts";
import { decodePicture, NO_LIMITS } from "../../images/decode.ts";
import { browserTest, picker, type Visit } from "./testing/browser.ts";
import { examine } from "./testing/examine.ts";

const VIEWPORT = { width: 900, height: 760 };

type Place = readonly [right: number, down: number];

/** The editor of one mask, opened by its button. */
async function open(page: Page, name: string): Promise<Locator> {
  await page.getByRole("button", { name: new RegExp(`^(Mark|Change): ${name}`) }).click();
  const editor = page.getByRole("dialog", { name });
  await editor.waitFor();
  return editor;
}

async function done(editor: Locator): Promise<void> {
  await editor.getByRole("button", { name: "Done" }).click();
  await editor.waitFor({ state: "detached" });
}

/** Places of a picture, in shares of its sides, as places of the page. */
async function placesOn(editor: Locator, places: readonly Place[]): Promise<readonly { x: number; y: number }[]> {
  const { x, y, width, height } = (await editor.getByRole("application").boundingBox())!;
  return places.map(([right, down]) => ({ x: x + right * width, y: y + down * height }));
}

async function drag(page: Page, editor: Locator, ...places: readonly Place[]): Promise<void> {
  const [first, ...others] = await placesOn(editor, places);
  await page.mouse.move(first!.x, first!.y);
  await page.mouse.down();
  for (const { x, y } of others) await page.mouse.move(x, y, { steps: 4 });
  await page.mouse.up();
}

/** Draws with a finger, as the browser has it from a touch screen. */
async function drawByFinger(page: Page, editor: Locator, ...places: readonly Place[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  for (const [i, place] of (await placesOn(editor, places)).entries()) {
    await session.send("Input.dispatchTouchEvent", {
      type: i === 0 ? "touchStart" : "touchMove",
      touchPoints: [place],
    });
  }
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await session.detach();
}

async function setTool(editor: Locator, size: number, softness: number): Promise<void> {
  await editor.getByRole("slider", { name: "Size" }).fill(String(size));
  await editor.getByRole("slider", { name: "Softness" }).fill(String(softness));
}

/** A mask as the server has it. */
async function maskOf(visit: Visit, { image }: { readonly image: string }): Promise<Picture> {
  const response = await fetch(`${visit.server.url}/images/${image}`);
  assert.equal(response.headers.get("content-type"), "image/png");
  const picture = await decodePicture(await response.bytes(), NO_LIMITS, { transparency: "KEEP" });
  assert.equal(picture.alpha, undefined);
  assert.ok(Math.max(picture.width, picture.height) <= 1024);
  return picture;
}

/** How much a mask counts at places, 0 to 255. */
function valuesAt({ width, height, rgb }: Picture, ...places: readonly Place[]): readonly number[] {
  return places.map(([right, down]) => {
    const [red, green, blue] = rgb.subarray(3 * (Math.floor(down * height) * width + Math.floor(right * width)));
    assert.ok(red === green && green === blue);
    return red!;
  });
}

function isMarked(page: Page, name: string): Locator {
  return page.locator(".mask-row", { hasText: name }).getByText("Set: as marked");
}

async function count(page: Page): Promise<number> {
  return await page.getByText("Set: as marked").count();
}

browserTest("masks are painted by mouse, finger and keyboard, and the transfer takes them", async (t, visit) => {
  const page = await visit.open("/", { viewport: VIEWPORT, hasTouch: true });
  await page.getByText(/steps, .* of memory/).waitFor();
  assert.equal(await count(page), 0);

  await t.step("by mouse, with what was done undone and done again, and some of it erased", async () => {
    const editor = await open(page, "What to keep");
    await setTool(editor, 20, 50);
    await drag(page, editor, [0.2, 0.5], [0.8, 0.5]);
    const said = await editor.getByText(/\d+ % is painted/).textContent();
    await drag(page, editor, [0.9, 0.1], [0.9, 0.9]);
    await editor.getByRole("button", { name: "Undo" }).click();
    await editor.getByText(`Undone. ${said}`).waitFor();
    await editor.getByRole("button", { name: "Redo" }).click();
    await page.keyboard.press("Control+z");
    await editor.getByText(`Undone. ${said}`).waitFor();
    await editor.getByRole("button", { name: "Eraser" }).click();
    await setTool(editor, 10, 0);
    await drag(page, editor, [0.5, 0.1], [0.5, 0.9]);
    await examine(page);
    await done(editor);
    await isMarked(page, "What to keep").waitFor();
  });

  await t.step("by finger, while the page stays where it is", async () => {
    const editor = await open(page, "Where it goes");
    await editor.getByRole("button", { name: "Brush", pressed: true }).waitFor();
    await setTool(editor, 30, 0);
    const scrolled = await page.evaluate("scrollY");
    await drawByFinger(page, editor, [0.5, 0.2], [0.5, 0.5], [0.5, 0.8]);
    await editor.getByText(/\d\d % is painted/).waitFor();
    assert.equal(await page.evaluate("scrollY"), scrolled);
    const canvas = editor.getByRole("application");
    assert.equal(await canvas.evaluate((node) => getComputedStyle(node).touchAction), "pinch-zoom");
    await done(editor);
    await isMarked(page, "Where it goes").waitFor();
  });

  await t.step("a stroke that the browser takes for zooming is none", async () => {
    const editor = await open(page, "Where it goes");
    const said = await editor.getByText(/\d\d % is painted/).textContent();
    const [place] = await placesOn(editor, [[0.1, 0.1]]);
    await page.mouse.move(place!.x, place!.y);
    await page.mouse.down();
    await editor.getByRole("application").dispatchEvent("pointercancel");
    await page.mouse.up();
    await editor.getByRole("button", { name: "Undo", disabled: true }).waitFor();
    await editor.getByText(said!).waitFor();
    await editor.getByRole("button", { name: "Cancel" }).click();
    await editor.waitFor({ state: "detached" });
  });

  await t.step("by keyboard alone, and its focus comes back to where it was", async () => {
    await page.getByRole("button", { name: /^Mark: What is taken/ }).focus();
    await page.keyboard.press("Enter");
    const editor = page.getByRole("dialog", { name: "What is taken" });
    await editor.waitFor();
    const focused = () => page.evaluate("document.activeElement.getAttribute('aria-label')");
    assert.match(String(await focused()), /^What is taken: /);
    await page.keyboard.press("-");
    await editor.getByText(/^Brush, \d+ % wide/).waitFor();
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowLeft");
    await editor.getByText(/% across, 50 % down: painted\./).waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.press("e");
    await editor.getByText(/^Eraser, /).waitFor();
    await page.keyboard.press("Space");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("b");
    await editor.getByRole("button", { name: "Invert" }).focus();
    await page.keyboard.press("Enter");
    await editor.getByText(/^Inverted\. \d+ % is painted\./).waitFor();
    await editor.getByRole("button", { name: "Done" }).focus();
    await page.keyboard.press("Enter");
    await isMarked(page, "What is taken").waitFor();
    assert.match(String(await focused()), /^Change: What is taken/);
  });

  await t.step("what would be lost is asked about", async () => {
    const editor = await open(page, "What to keep");
    await editor.getByText(/% is painted/).waitFor();
    await editor.getByRole("button", { name: "Clear" }).click();
    await page.keyboard.press("Escape");
    await editor.getByText(/would be lost/).waitFor();
    await editor.getByRole("button", { name: "Really discard" }).click();
    await editor.waitFor({ state: "detached" });
    await isMarked(page, "What to keep").waitFor();
  });

  await t.step("the transfer takes all three, white where it was painted, grey where softly", async () => {
    await page.getByText("More options").click();
    await page.getByLabel("Size", { exact: true }).fill("48");
    await page.getByLabel("Steps", { exact: true }).fill("6");
    await page.getByRole("button", { name: "Paint", exact: true }).click();
    await page.waitForURL("**/transfers/*");
    await page.getByRole("heading", { name: "Finished" }).waitFor();
    const id = new URL(page.url()).pathname.split("/").at(-1);
    const { transfer } = await visit.ask("query ($id: ID!) { transfer(id: $id) { request } }", { id });
    const { contentMask, styles: [style] } = transfer.request;
    const keep = await maskOf(visit, contentMask);
    assert.deepEqual(valuesAt(keep, [0.25, 0.5], [0.75, 0.5], [0.5, 0.5], [0.1, 0.1], [0.9, 0.1]), [255, 255, 0, 0, 0]);
    // Its radius is a tenth of the longest side; it fades over the outer half.
    const [soft] = valuesAt(keep, [0.3, 0.5 + 0.076 * keep.width / keep.height]);
    assert.ok(soft! > 60 && soft! < 190, `found ${soft}`);
    const lands = await maskOf(visit, style.mask);
    assert.deepEqual(valuesAt(lands, [0.5, 0.3], [0.5, 0.7], [0.1, 0.5], [0.9, 0.5]), [255, 255, 0, 0]);
    const region = await maskOf(visit, style.region);
    assert.deepEqual(valuesAt(region, [0.5, 0.5], [0.3, 0.5], [0.05, 0.5], [0.9, 0.9]), [0, 0, 255, 255]);
  });

  await t.step("the first page still has them", async () => {
    await page.getByRole("link", { name: "New" }).click();
    await isMarked(page, "What is taken").waitFor();
    assert.equal(await count(page), 3);
    await page.goBack();
  });

  await t.step("the same style on another picture is taken from the same part, which can be changed", async () => {
    await page.getByRole("link", { name: "Same style on another picture" }).click();
    await isMarked(page, "What is taken").waitFor();
    assert.equal(await isMarked(page, "Where it goes").count(), 0);
    const editor = await open(page, "What is taken");
    await editor.getByText(/^[6-9]\d % is painted/).waitFor();
    await editor.getByRole("button", { name: "Cancel" }).click();
    await editor.waitFor({ state: "detached" });
  });

  await t.step("one that is cleared, or removed, counts no more", async () => {
    const editor = await open(page, "What is taken");
    await editor.getByText(/% is painted/).waitFor();
    await editor.getByRole("button", { name: "Clear" }).click();
    await done(editor);
    assert.equal(await isMarked(page, "What is taken").count(), 0);
    await page.getByRole("button", { name: /^Remove: What to keep/ }).click();
    assert.equal(await count(page), 0);
  });

  await t.step("with the picture that it was painted on it goes, with a word; those on others stay", async () => {
    for (const name of ["What to keep", "Where it goes", "What is taken"]) {
      const editor = await open(page, name);
      await drag(page, editor, [0.4, 0.4], [0.6, 0.6]);
      await done(editor);
    }
    for (const chosen of await page.locator(".thumb[aria-pressed=true]").all()) await chosen.click();
    assert.equal(await count(page), 3);
    await picker(page, "In the style of").getByRole("button", { name: /Woodcut waves/ }).click();
    await picker(page, "In the style of").getByText(/is gone with it/).waitFor();
    assert.equal(await isMarked(page, "What is taken").count(), 0);
    assert.equal(await count(page), 2);
    await picker(page, "Paint this").getByRole("button", { name: /Mountain lake/ }).click();
    await picker(page, "Paint this").getByText(/is gone with it/).waitFor();
    assert.equal(await count(page), 0);
  });
});

browserTest("on a telephone a mask is painted without anything overflowing", async (_t, visit) => {
  const page = await visit.open("/", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await page.getByText(/steps, .* of memory/).waitFor();
  const editor = await open(page, "What to keep");
  await drawByFinger(page, editor, [0.3, 0.3], [0.7, 0.7]);
  await editor.getByText(/% is painted/).waitFor();
  const fits = await editor.evaluate((node) =>
    [...node.querySelectorAll("button, input, canvas")].every((each) => {
      const { left, top, right, bottom } = each.getBoundingClientRect();
      return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    })
  );
  assert.ok(fits);
  await done(editor);
  await isMarked(page, "What to keep").waitFor();
  assert.equal(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"), 0);
});
