/** Whoever cannot see the page, or only poorly, can use it. */
import { browserTest, picker, seePicture } from "./testing/browser.ts";
import { examine } from "./testing/examine.ts";

browserTest("axe finds nothing to complain about, in light and in dark", async (t, visit) => {
  const page = await visit.open("/");

  await t.step("on the first page, with everything unfolded", async () => {
    await page.getByText(/steps, .* of memory/).waitFor();
    await page.getByText("More options").click();
    await page.getByText("Published recipes").click();
    await page.getByLabel("Mix several styles").check();
    await picker(page, "In the style of").getByRole("button", { name: /Woodcut waves/ }).click();
    await examine(page);
  });

  const id = await visit.start({ size: 48, steps: 10_000, keepFrames: true });
  await t.step("while a painting emerges", async () => {
    await page.goto(`${visit.server.url}/transfers/${id}`);
    await seePicture(page, "data:");
    await page.getByLabel("Each layer").check();
    await page.getByRole("term").filter({ hasText: /^conv/ }).first().waitFor();
    await examine(page);
  });

  await t.step("when it has ended: what can be done with it, compared, frame by frame, its requests", async () => {
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("heading", { name: "Stopped" }).waitFor();
    await page.getByText("Behind this painting").click();
    await examine(page);
    for (const view of ["Before and after", "Frame by frame"]) {
      await page.getByRole("button", { name: view }).click();
      await examine(page);
    }
  });

  await t.step("in the gallery", async () => {
    await page.getByRole("link", { name: "Gallery" }).click();
    await page.getByText("1 painting", { exact: true }).waitFor();
    await examine(page);
  });

  await t.step("where there is nothing", async () => {
    await page.goto(`${visit.server.url}/transfers/nothing`);
    await page.getByRole("link", { name: "Begin a new one" }).waitFor();
    await examine(page);
  });

  await t.step("while the server is away", async () => {
    await page.goto(`${visit.server.url}/transfers/${await visit.start({ size: 48, steps: 10_000 })}`);
    await seePicture(page, "data:");
    await visit.restart(async () => {
      await page.getByText(/Connection lost/).waitFor();
      await examine(page);
    });
  });
});
