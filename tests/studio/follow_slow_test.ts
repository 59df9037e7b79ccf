/** A painting is followed across whatever comes between. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, paintings, seePicture, until } from "./testing/browser.ts";

/** So many steps that nothing here waits for the last. */
const LONG = { size: 48, steps: 10_000, keepFrames: true };

async function stepOf(page: Page): Promise<number> {
  return Number.parseInt((await page.getByRole("definition").first().textContent())!);
}

/** Resolves when the page shows a later step. */
async function progressFrom(page: Page, step: number): Promise<number> {
  await until(page, `Number.parseInt(document.querySelector("dd")?.textContent ?? "0") > ${step}`);
  return await stepOf(page);
}

browserTest("a painting goes on where it was", async (t, visit) => {
  const id = await visit.start(LONG);
  const page = await visit.open(`/transfers/${id}`);
  const step = await progressFrom(page, 3);

  await t.step("after the page is loaded anew", async () => {
    await page.reload();
    assert.ok(await progressFrom(page, step) > step);
    await seePicture(page, "data:image/jpeg");
    await page.getByRole("img", { name: /Plot of the losses by step: total/ }).waitFor();
  });

  await t.step("on another device", async () => {
    const other = await visit.open(`/transfers/${id}`, { viewport: { width: 400, height: 800 } });
    assert.ok(await progressFrom(other, step) > step);
    await other.context().close();
  });

  await t.step("after the server has gone and come back, which is shown meanwhile", async () => {
    const before = await progressFrom(page, 0);
    await visit.restart(() => page.getByText(/Connection lost/).waitFor());
    const after = await progressFrom(page, before);
    assert.ok(after > before);
    await page.getByText(/Connection lost/).waitFor({ state: "detached" });
  });

  await t.step("with every layer's loss from the first step on", async () => {
    await page.getByLabel("Each layer").check();
    await page.getByRole("term").filter({ hasText: /^conv/ }).first().waitFor();
  });

  await t.step("until it is stopped, which keeps what was reached", async () => {
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("heading", { name: "Stopped" }).waitFor();
    await page.getByRole("button", { name: /Go on with the missing/ }).waitFor();
    const { transfer } = await visit.ask("query ($id: ID!) { transfer(id: $id) { status step } }", { id });
    assert.equal(transfer.status, "CANCELLED");
    assert.equal(await stepOf(page), transfer.step);
  });
});

browserTest("a painting is steered while it is painted", async (t, visit) => {
  const id = await visit.start(LONG);
  const page = await visit.open(`/transfers/${id}`);
  await progressFrom(page, 3);
  const weights = async () => {
    const query = "query ($id: ID!) { transfer(id: $id) { options { styleWeight tvWeight } } }";
    return (await visit.ask(query, { id })).transfer.options;
  };
  const before = await weights();

  await t.step("its sliders change the weights", async () => {
    await page.getByLabel("Weight of the style", { exact: true }).fill("1");
    await page.getByText("In effect from the next step.").waitFor();
    assert.equal((await weights()).styleWeight, before.styleWeight * 10);
    assert.equal((await weights()).tvWeight, before.tvWeight);
  });

  await visit.ask("mutation ($id: ID!) { cancelTransfer(id: $id) { transfer { id } } }", { id });
});

browserTest("several paintings move in the gallery, and a page at a time is shown", async (_t, visit) => {
  const ids: string[] = [];
  for (let i = 0; i < 14; i++) ids.push(await visit.start({ size: 32, steps: 2, seed: i }));
  ids.push(await visit.start({ ...LONG, priority: 1 }));
  const page = await visit.open("/gallery");
  await page.getByText("15 paintings").waitFor();
  const pieces = paintings(page);
  assert.equal(await pieces.count(), 12);
  await page.getByRole("button", { name: "Show more" }).click();
  await pieces.nth(14).waitFor();
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
  await seePicture(pieces.first(), "data:image/jpeg");
  await pieces.first().getByRole("button", { name: /^Stop/ }).click();
  await pieces.first().getByText("Stopped").waitFor();
  await pieces.first().getByRole("link").click();
  await page.waitForURL(`**/transfers/${ids.at(-1)}`);
});

browserTest("an address that leads nowhere says so and where to go", async (_t, visit) => {
  const page = await visit.open("/transfers/nothing");
  await page.getByRole("heading", { name: "There is no such painting here" }).waitFor();
  await page.getByRole("link", { name: "Begin a new one" }).click();
  await page.getByRole("heading", { name: /One picture/ }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "There is no such painting here" }).waitFor();
});
