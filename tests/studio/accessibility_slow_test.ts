/** Whoever cannot see the page, or only poorly, can use it. */
import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { browserTest, picker, seePicture } from "./testing/browser.ts";

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

const SCHEMES = ["light", "dark"] as const;

/** Examines the page as it is now, in both colour schemes. */
async function examine(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const violations = await page.evaluate("axe.run().then(({ violations }) => violations)") as Violation[];
    const found = violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${colorScheme}: ${id}: ${help}: ${html} ${failureSummary}`)
    );
    assert.deepEqual(found, []);
  }
}

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
