/** From two pictures to a painting, in the ways that people have. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { encodePicture } from "../../images/encode.ts";
import { readTiming } from "../../images/timing.ts";
import { factsOf, NO_FFMPEG } from "../../images/testing/films.ts";
import { MOVING_TIMING, movingContent } from "../../transfers/testing/moving_content.ts";
import { bringTo, browserTest, paintings, picker, seePicture, until } from "./testing/browser.ts";

const PHOTO = new URL("../../samples/still-life.jpg", import.meta.url);

/** A size and a number of steps that every machine computes in seconds. */
async function makeSmall(page: Page, steps = 12): Promise<void> {
  await page.getByText("More options").click();
  await page.getByLabel("Size", { exact: true }).fill("48");
  await page.getByLabel("Steps", { exact: true }).fill(String(steps));
}

async function paint(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Paint", exact: true }).click();
  await page.waitForURL("**/transfers/*");
}

browserTest("a painting of samples, from start to finish", async (t, visit) => {
  const page = await visit.open("/");

  await t.step("there is a picture, a style and a price before anything was done", async () => {
    await page.getByRole("button", { name: "Paint", exact: true }).waitFor();
    await page.getByText(/steps, .* of memory/).waitFor();
    for (const name of ["Paint this", "In the style of"] as const) {
      assert.equal(await picker(page, name).getByRole("img").count(), 1);
    }
  });

  await t.step("another sample, and two styles with their shares and strokes", async () => {
    const styles = picker(page, "In the style of");
    await picker(page, "Paint this").getByRole("button", { name: /Mountain lake/ }).click();
    await page.getByLabel("Mix several styles").check();
    await styles.getByRole("button", { name: /Woodcut waves/ }).click();
    assert.equal(await styles.getByRole("img").count(), 2);
    await page.getByRole("slider", { name: "Woodcut waves", exact: true }).fill("2");
    await page.getByText("67 %").waitFor();
    await page.getByRole("slider", { name: "Strokes of Woodcut waves" }).fill("1");
    await page.getByText("× 2", { exact: true }).waitFor();
  });

  await t.step("the painting is finished, and shown without loss", async () => {
    await makeSmall(page);
    await paint(page);
    await page.getByRole("heading", { name: "Finished" }).waitFor();
    await seePicture(page.getByRole("img", { name: "The painting after 12 of 12 steps" }), "/images/");
    assert.equal(await page.getByRole("definition").first().textContent(), "12 / 12");
    await page.getByRole("img", { name: /Plot of the losses by step: total .* at step 12/ }).waitFor();
  });

  await t.step("it can be compared with what it was, and looked through frame by frame", async () => {
    await page.getByRole("button", { name: "Before and after" }).click();
    await page.getByLabel(/How much of the picture before/).fill("20");
    await page.getByRole("button", { name: "Frame by frame" }).click();
    const scrub = page.getByLabel("Frame", { exact: true });
    await scrub.fill("0");
    assert.match((await scrub.getAttribute("aria-valuetext"))!, /frame 1 of \d+/);
  });

  await t.step("it can be saved as a picture and as a film", async () => {
    const beginnings = [
      ["Save as PNG", "\x89PNG", 8],
      ["Save as JPEG", "\xff\xd8\xff", null],
      ["Save as AVIF", "\0\0\0", null],
      ["Save as TIFF", "II*\0", null],
      ["Save as PNG of 16 bits", "\x89PNG", 16],
      ["Save the film as GIF", "GIF89a", null],
    ] as const;
    for (const [name, beginning, bits] of beginnings) {
      const download = page.waitForEvent("download");
      await page.getByRole("button", { name, exact: true }).click();
      const bytes = await Deno.readFile(await (await download).path());
      assert.equal(String.fromCharCode(...bytes.subarray(0, beginning.length)), beginning);
      if (bits !== null) assert.equal(bytes[24], bits);
    }
  });

  await t.step("the requests behind it, pasted elsewhere, paint the same", async () => {
    await page.getByText("Behind this painting").click();
    const text = (await page.getByLabel("GraphQL source").textContent())!;
    const mutation = text.slice(0, text.indexOf("subscription"));
    const { startTransfer } = await visit.ask(
      mutation.replace("transfer { id }", "transfer { request(complete: true) }"),
    );
    const id = new URL(page.url()).pathname.split("/").at(-1);
    const { transfer } = await visit.ask("query ($id: ID!) { transfer(id: $id) { request(complete: true) } }", { id });
    assert.deepEqual(transfer.request.styles.map((style: { scale?: number }) => style.scale), [undefined, 2]);
    assert.deepEqual(startTransfer.transfer.request, transfer.request);
  });

  await t.step("it is painted larger, and says what it came from", async () => {
    const smaller = page.url();
    await page.getByRole("button", { name: "Paint it larger, 96 × 64" }).click();
    await page.waitForURL((url) => url.href !== smaller);
    await seePicture(page.getByRole("img", { name: "The painting after 12 of 12 steps" }), "/images/");
    const { pathname } = new URL(page.url());
    const { transfer } = await visit.ask(
      "query ($id: ID!) { transfer(id: $id) { options { width } enlargedFrom { id } } }",
      {
        id: pathname.split("/").at(-1),
      },
    );
    assert.deepEqual(transfer, {
      options: { width: 96 },
      enlargedFrom: { id: new URL(smaller).pathname.split("/").at(-1) },
    });
    await page.getByRole("button", { name: "Paint it larger, 192 × 128" }).waitFor();
    await page.getByRole("link", { name: "Same style on another picture" }).click();
    // What it began with stays behind.
    await page.getByText("More options").click();
    await page.getByLabel("Size", { exact: true }).waitFor();
    assert.equal(await page.getByText("Another picture", { exact: true }).count(), 0);
    await page.goBack();
    await page.getByRole("link", { name: "The painting it was enlarged from" }).click();
    await page.waitForURL(smaller);
  });

  await t.step("it goes on for 100 steps more", async () => {
    await page.getByRole("button", { name: "Go on for 100 more" }).click();
    await page.getByText("112 / 112").waitFor();
  });

  await t.step("its styles are taken to another picture", async () => {
    await page.getByRole("link", { name: "Same style on another picture" }).click();
    await page.getByRole("heading", { name: /One picture/ }).waitFor();
    assert.equal(await picker(page, "In the style of").getByRole("img").count(), 2);
  });

  await t.step("the gallery shows it, and forgets it when told twice", async () => {
    await page.getByRole("link", { name: "Gallery" }).click();
    const pieces = paintings(page);
    await page.getByText("3 paintings").waitFor();
    await pieces.nth(1).getByText("Finished").waitFor();
    await pieces.nth(1).getByRole("button", { name: /^Delete/ }).click();
    await pieces.nth(1).getByRole("button", { name: /^Really delete/ }).click();
    await page.getByText("2 paintings", { exact: true }).waitFor();
    assert.equal(await pieces.count(), 2);
  });
});

browserTest("a painting of a person's own pictures", async (t, visit) => {
  const page = await visit.open("/");
  const photo = await Deno.readFile(PHOTO);
  const { transfers } = await visit.ask("{ transfers { totalCount } }");
  assert.equal(transfers.totalCount, 0);

  await t.step("a file is chosen", async () => {
    const file = { name: "my table.jpg", mimeType: "image/jpeg", buffer: Buffer.from(photo) };
    await page.getByLabel("File for the picture to paint").setInputFiles(file);
    await page.getByText("my table", { exact: true }).waitFor();
  });

  await t.step("a file is dropped, another is pasted", async () => {
    await bring(page, "drop", "dropped.jpg", photo);
    await picker(page, "In the style of").getByText("dropped", { exact: true }).waitFor();
    await bring(page, "paste", "pasted.jpg", photo);
    await picker(page, "Paint this").getByText("pasted", { exact: true }).waitFor();
    await bring(page, "drop beside", "astray.jpg", photo);
    await picker(page, "Paint this").getByText("astray", { exact: true }).waitFor();
    await picker(page, "In the style of").getByText("dropped", { exact: true }).waitFor();
  });

  await t.step("what is no picture is refused with a reason", async () => {
    const file = { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("notes") };
    await page.getByLabel("File for the style").setInputFiles(file);
    await page.getByText(/Cannot read image/).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
  });

  await t.step("the painting is finished", async () => {
    await makeSmall(page);
    await paint(page);
    await page.getByRole("heading", { name: "Finished" }).waitFor();
  });

  await t.step("a picture that moves is painted frame by frame, and moves", async () => {
    await page.goto(visit.server.url);
    const file = { name: "moving.png", mimeType: "image/png", buffer: Buffer.from(movingContent()) };
    await page.getByLabel("File for the picture to paint").setInputFiles(file);
    await page.getByLabel("Paint all 3 frames").check();
    await makeSmall(page, 4);
    await paint(page);
    await page.getByRole("heading", { name: "Finished" }).waitFor();
    await page.getByText("3 / 3", { exact: true }).waitFor();
    await seePicture(page.getByRole("img", { name: "The painting after 8 of 8 steps" }), "/images/");
    for (const [format, beginning] of [["WebP", "RIFF"], ["GIF", "GIF89a"]] as const) {
      const download = page.waitForEvent("download");
      await page.getByRole("button", { name: `Save as ${format}` }).click();
      const bytes = await Deno.readFile(await (await download).path());
      assert.equal(String.fromCharCode(...bytes.subarray(0, beginning.length)), beginning);
      assert.equal((await readTiming(bytes))?.delays.length, 3);
    }
    // This server has no FFmpeg.
    assert.equal(await page.getByRole("button", { name: "Save as MP4" }).count(), 0);
  });
});

browserTest("what moves is saved as a film where the server has FFmpeg", async (_, visit) => {
  const id = await visit.start({ content: { base64: movingContent().toBase64() }, size: 48, steps: 2, moving: true });
  const page = await visit.open(`/transfers/${id}`);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as MP4" }).click();
  assert.equal((await download).suggestedFilename(), `gramcast-${id}.mp4`);
  const { shown } = await factsOf(await Deno.readFile(await (await download).path()));
  assert.deepEqual(shown.map(([, long]) => long), MOVING_TIMING.delays);
  // Opened by itself it plays, which a picture's policy would keep it from.
  await page.goto(new URL(`/transfers/${id}/result.mp4`, page.url()).href);
  await until(page, "document.querySelector('video')?.videoWidth === 48");
}, { env: { FFMPEG: "ffmpeg" }, missing: NO_FFMPEG });

browserTest("a painting is opened for what it was made from", async (t, visit) => {
  const REQUEST = "query ($id: ID!) { transfer(id: $id) { status request(complete: true) } }";
  const page = await visit.open("/");
  const open = async (name: string, buffer: Uint8Array) => {
    const file = { name, mimeType: "image/png", buffer: Buffer.from(buffer) };
    await page.getByLabel("File of a painting").setInputFiles(file);
  };
  const picture = { width: 8, height: 6, rgb: new Uint8Array(3 * 48) };
  const withRecipe = (request: object) =>
    encodePicture(picture, { format: "PNG", recipe: JSON.stringify({ weights: "other", request }) });
  const requestOf = async () =>
    (await visit.ask(REQUEST, { id: new URL(page.url()).pathname.split("/").at(-1) })).transfer.request;

  await t.step("its pictures, shares, strokes, masks and options are filled in, and paint it again", async () => {
    const base64 = async (rgb: Uint8Array) =>
      Buffer.from(await encodePicture({ ...picture, rgb }, { format: "PNG" })).toString("base64");
    const mask = { base64: await base64(picture.rgb.map((_, i) => i < 72 ? 255 : 0)) };
    const styles = [{ image: { sample: "starry-swirls" }, scale: 0.5, mask }, {
      image: { sample: "geometry" },
      weight: 2,
      region: { sample: "still-life" },
    }];
    const input = {
      content: { base64: await base64(picture.rgb) },
      contentMask: mask,
      styles,
      preset: "GATYS",
      size: 48,
      steps: 3,
      seed: 11,
      optimizer: { kind: "ADAM", learningRate: 7 },
      keepFrames: true,
    };
    const { startTransfer } = await visit.ask(
      "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }",
      { input },
    );
    await page.goto(`${visit.server.url}/transfers/${startTransfer.transfer.id}`);
    await page.getByRole("heading", { name: "Finished" }).waitFor();
    const first = await requestOf();
    const painting = await fetch(`${visit.server.url}/transfers/${startTransfer.transfer.id}/result.webp`);
    await page.goto(visit.server.url);
    await page.getByText(/steps, .* of memory/).waitFor();
    await open("mine.webp", await painting.bytes());
    await page.getByText("Filled in from mine.webp.", { exact: true }).waitFor();
    assert.equal(await picker(page, "In the style of").getByRole("img").count(), 2);
    await paint(page);
    await page.getByRole("heading", { name: "Finished" }).waitFor();
    assert.deepEqual(await requestOf(), first);
  });

  await t.step("what is missing is told, and what else is not as it was", async () => {
    await page.goto(visit.server.url);
    await page.getByText(/steps, .* of memory/).waitFor();
    const sha256 = "0".repeat(64);
    const styles = [{ image: { sample: "geometry" }, mask: { sample: "geometry" } }, {
      image: { sha256, width: 5, height: 4 },
    }];
    const init = { kind: "IMAGE", noise: 0, image: { sha256, width: 3, height: 2 } };
    await open(
      "theirs.png",
      await withRecipe({ content: { sha256, width: 640, height: 480 }, styles, preset: "FAST", init }),
    );
    await page.getByText(
      "Filled in from theirs.png. Not on this server: the picture (640 × 480), style 2 (5 × 4), the picture it began with (3 × 2). " +
        "Choose anew what is missing. What was marked on the picture is left out with it. It was painted with other weights, and will not be quite the same.",
      { exact: true },
    ).waitFor();
    assert.equal(await page.getByRole("button", { name: "Paint", exact: true }).isDisabled(), true);
    assert.equal(await picker(page, "In the style of").getByRole("img").count(), 1);
    await picker(page, "Paint this").getByRole("button", { name: /Mountain lake/ }).click();
    await page.getByText(/steps, .* of memory/).waitFor();
  });

  await t.step("a file without a recipe is refused, and nonsense in its place does no harm", async () => {
    await open("photo.jpg", await Deno.readFile(PHOTO));
    await page.getByText("photo.jpg says nothing of how it was made").waitFor();
    await open("wrong.png", await withRecipe({ content: 1, styles: "all", preset: [], scales: 7, contentWeight: -1 }));
    await page.getByText(/Cannot use contentWeight -1/).waitFor();
    await open("odd.png", await withRecipe({ scales: { size: 64, steps: 2 }, styleLayers: { layer: "conv1_1" } }));
    await page.getByText("Filled in from odd.png.").waitFor();
    await page.getByText("More options").click();
    await page.getByLabel("Size", { exact: true }).waitFor();
  });
});

browserTest("on a telephone everything is in reach and nothing overflows", async (t, visit) => {
  const viewport = { width: 360, height: 740 };
  const page = await visit.open("/", { viewport, hasTouch: true, isMobile: true });
  const overflow = () => page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

  await t.step("the first page", async () => {
    const button = page.getByRole("button", { name: "Paint", exact: true });
    await button.waitFor();
    assert.ok(await button.evaluate((node) => node.getBoundingClientRect().bottom <= innerHeight));
    assert.ok(await page.getByRole("button", { name: "Take a photo" }).first().isVisible());
    await makeSmall(page);
    assert.equal(await overflow(), 0);
  });

  await t.step("the painting and the gallery", async () => {
    await page.getByRole("button", { name: "Paint", exact: true }).tap();
    await page.getByRole("heading", { name: "Finished" }).waitFor();
    await page.getByText("Behind this painting").tap();
    assert.equal(await overflow(), 0);
    await page.getByRole("link", { name: "Gallery" }).tap();
    await page.getByText("1 painting", { exact: true }).waitFor();
    assert.equal(await overflow(), 0);
  });
});

browserTest("everything is done by keyboard alone", async (t, visit) => {
  const page = await visit.open("/");
  await page.getByText(/steps, .* of memory/).waitFor();
  /** Goes from one thing to the next until it arrives, as one without a mouse has to. */
  const reach = async (wanted: RegExp, key = "Tab") => {
    for (let i = 0; i < 120; i++) {
      await page.keyboard.press(key);
      const name = await page.evaluate(
        "(document.activeElement.labels?.[0] ?? document.activeElement).textContent + ' ' + " +
          "(document.activeElement.getAttribute('aria-label') ?? '')",
      );
      if (wanted.test(String(name))) return;
    }
    assert.fail(`${wanted} was not reached`);
  };

  await t.step("the link over the header comes first", async () => {
    await reach(/^Skip to the content/);
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate("document.activeElement.id"), "main");
  });

  await t.step("pictures, preset and options", async () => {
    await reach(/Mountain lake/);
    await page.keyboard.press("Enter");
    await picker(page, "Paint this").getByText(/Mountain lake/).waitFor();
    await reach(/^Sketch/);
    await page.keyboard.press("ArrowDown");
    assert.ok(await page.getByRole("radio", { name: /^Painting/ }).isChecked());
    await reach(/^Style strength/);
    await page.keyboard.press("ArrowRight");
    await page.getByText("× 1.26").waitFor();
    await reach(/^More options/);
    await page.keyboard.press("Enter");
    await reach(/^Size/);
    await page.keyboard.type("48");
    await reach(/^Steps/);
    await page.keyboard.type("5000");
  });

  await t.step("paint, steer, stop", async () => {
    await reach(/^Paint $/, "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Painting", exact: true, level: 2 }).waitFor();
    await reach(/^Weight of the style/);
    await page.keyboard.press("End");
    await page.getByText("In effect from the next step.").waitFor();
    await reach(/^Stop/, "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Stopped" }).waitFor();
  });
});

async function bring(
  page: Page,
  way: "drop" | "drop beside" | "paste",
  name: string,
  buffer: Uint8Array,
): Promise<void> {
  const place = way === "drop" ? picker(page, "In the style of").getByRole("img").first() : page.locator("body");
  await bringTo(place, way === "paste" ? "paste" : "drop", [{ name, mimeType: "image/jpeg", buffer }]);
}
