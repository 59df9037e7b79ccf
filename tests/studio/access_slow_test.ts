/** Who is asked for a key gets in with it, sees what is theirs, and leaves nothing behind. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { ApiKeys } from "../../access/api_keys.ts";
import { SESSION_KEY } from "../../access/sign_in.ts";
import { SqliteAccessStore } from "../../access/storage/sqlite_access_store.ts";
import { CLIENT, TestIssuer } from "../../access/testing/test_issuer.ts";
import type { Role } from "../../transfers/caller.ts";
import { SystemClock } from "../../transfers/clock.ts";
import { SILENT_LOG } from "../../transfers/log.ts";
import { browserTest, paintings, until, type Visit } from "./testing/browser.ts";
import { examine } from "./testing/examine.ts";

/** As `deno task keys` does it beside a server that runs. */
async function withKeys<T>({ server }: Visit, work: (keys: ApiKeys) => Promise<T>): Promise<T> {
  const store = await SqliteAccessStore.open(server.dataDir, SILENT_LOG);
  try {
    return await work(new ApiKeys(store, new SystemClock(), "test"));
  } finally {
    await store.close();
  }
}

function keyOf(visit: Visit, name: string, role: Role = "USER", owner = name): Promise<string> {
  return withKeys(visit, (keys) => keys.create({ name, owner, role, expiresAt: null }));
}

/** Starts a long painting of whose key it is. @returns its path. */
async function paint(visit: Visit, key: string): Promise<string> {
  return `/transfers/${await visit.start({ size: 48, steps: 10_000, keepFrames: true }, key)}`;
}

function signInHeading(page: Page) {
  return page.getByRole("heading", { name: "Sign in" });
}

async function isPainting(page: Page): Promise<void> {
  await page.getByRole("heading", { name: "Painting", exact: true, level: 2 }).waitFor();
}

/** What is kept of who has signed in. */
async function kept(page: Page): Promise<string | null> {
  return await page.evaluate(`sessionStorage.getItem("${SESSION_KEY}")`);
}

const KEYS = { env: { AUTH: "keys" } };

browserTest("whoever has a key signs in with it, is told who they are, and sees what is theirs", async (t, visit) => {
  const [ann, bob] = [await keyOf(visit, "ann"), await keyOf(visit, "bob")];
  const path = await paint(visit, ann);
  const page = await visit.open("/gallery");

  await t.step("nothing is shown before, and what is wrong is said", async () => {
    await signInHeading(page).waitFor();
    assert.equal(await page.getByRole("navigation").count(), 0);
    await examine(page);
    await page.getByLabel("Key").fill(`${ann}0`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText(/is not valid/).waitFor();
    await examine(page);
  });

  await t.step("who signs in is where they wanted to be", async () => {
    await page.getByLabel("Key").fill(ann);
    await page.getByLabel("Key").press("Enter");
    await page.getByText("1 painting", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Account: ann" }).click();
    for (const text of ["User", "Sign out"]) await page.getByText(text, { exact: true }).waitFor();
    await examine(page);
    await page.keyboard.press("Escape");
  });

  await t.step("until their key is revoked, and again with another", async () => {
    await paintings(page).first().getByRole("link").click();
    await isPainting(page);
    await withKeys(visit, (keys) => keys.revoke("ann"));
    await signInHeading(page).waitFor();
    assert.equal(await kept(page), null);
    await page.getByText(/has expired or was revoked/).waitFor();
    await page.getByLabel("Key").fill(await keyOf(visit, "ann again", "USER", "ann"));
    await page.getByRole("button", { name: "Sign in" }).click();
    await isPainting(page);
    assert.equal(new URL(page.url()).pathname, path);
  });

  await t.step("GraphiQL asks as who has signed in, and follows as them", async () => {
    await page.getByRole("link", { name: "API" }).click();
    await page.getByRole("tab", { name: /Follow/ }).click();
    await page.getByRole("button", { name: /Execute query/ }).click();
    await page.getByText('"RUNNING"').first().waitFor();
    assert.equal(await page.getByRole("link", { name: "Sign in at the studio" }).isVisible(), false);
    await page.goBack();
    await isPainting(page);
  });

  await t.step("who leaves, leaves nothing", async () => {
    await page.getByRole("button", { name: "Account: ann again" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signInHeading(page).waitFor();
    assert.equal(await kept(page), null);
    await page.goto(`${visit.server.url}/graphql`);
    await page.getByRole("link", { name: "Sign in at the studio" }).click();
    await signInHeading(page).waitFor();
  });

  await t.step("a key in the address signs in, and is gone from it; what is another's is not there", async () => {
    const other = await visit.open(`${path}#key=${bob}`);
    await other.getByRole("heading", { name: "There is no such painting here" }).waitFor();
    assert.equal(other.url(), visit.server.url + path);
    assert.equal(await other.evaluate("history.length"), 2, "about:blank and the page");
    await other.getByRole("link", { name: "Gallery" }).click();
    await other.getByText("Nothing has been painted yet.").waitFor();
    // As when a link is pasted where the studio is open.
    await other.evaluate(`location.hash = "key=${await keyOf(visit, "ann once more", "USER", "ann")}"`);
    await other.getByText("1 painting", { exact: true }).waitFor();
    assert.equal(other.url(), `${visit.server.url}/gallery`);
  });

  await t.step("a key that may only look is not offered anything else", async () => {
    const wall = await visit.open(`/#key=${await keyOf(visit, "wall", "VIEWER", "ann")}`);
    await paintings(wall).first().getByRole("link").waitFor();
    assert.equal(await wall.getByRole("link", { name: "New" }).count(), 0);
    assert.equal(await wall.getByRole("button", { name: /^Stop/ }).count(), 0);
  });
}, KEYS);

browserTest("a painting is shared by a link that shows nothing else, until it is revoked", async (t, visit) => {
  const ann = await keyOf(visit, "ann");
  const path = await paint(visit, ann);
  await paint(visit, ann);
  const page = await visit.open(`${path}#key=${ann}`);
  await isPainting(page);
  let link = "";

  await t.step("its owner makes it", async () => {
    await examine(page);
    await page.getByRole("button", { name: "A day" }).click();
    await page.getByRole("button", { name: "Make a link" }).click();
    link = await page.getByLabel("Link", { exact: true }).inputValue();
    assert.ok(link.startsWith(`${visit.server.url}${path}#key=gramshare_`), link);
    await page.getByText(/can watch, and nothing else, until \w+ \d/).waitFor();
    await examine(page);
  });

  const guest = await visit.open(link.replace(visit.server.url, ""));
  await t.step("whoever has it watches, and is offered nothing that they may not", async () => {
    await guest.getByText("Shared with you").waitFor();
    await isPainting(guest);
    assert.equal(guest.url(), visit.server.url + path);
    await until(guest, 'Number.parseInt(document.querySelector(".facts dd")?.textContent ?? "0") > 1');
    for (const name of ["Stop", "Make a link", "Revoke it", "Account"]) {
      assert.equal(await guest.getByRole("button", { name }).count(), 0, name);
    }
    assert.equal(await guest.getByRole("link", { name: "Gallery" }).count(), 0);
    assert.equal(await guest.getByRole("heading", { name: "Steer it" }).count(), 0);
    await examine(guest);
    await guest.goto(`${visit.server.url}/gallery`);
    await isPainting(guest);
  });

  await t.step("the page of its owner knows it again", async () => {
    await page.reload();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("heading", { name: "Stopped" }).waitFor();
    assert.equal(await page.getByLabel("Link", { exact: true }).inputValue(), link);
    await guest.getByRole("heading", { name: "Stopped" }).waitFor();
    assert.equal(await guest.getByRole("button", { name: /^Go on/ }).count(), 0);
    const download = guest.waitForEvent("download");
    await guest.getByRole("button", { name: "Save as PNG" }).click();
    assert.equal(await (await download).failure(), null);
  });

  await t.step("and takes it back", async () => {
    await page.getByRole("button", { name: "Revoke it" }).click();
    await page.getByText("The link opens nothing any longer.").waitFor();
    await guest.reload();
    await signInHeading(guest).waitFor();
  });
}, KEYS);

const issuer = await TestIssuer.start();
const ISSUED = {
  env: {
    AUTH: "keys,oidc",
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: CLIENT,
    OIDC_CLIENT_ID: CLIENT,
    OIDC_DEFAULT_ROLE: "none",
  },
  issuer: new URL(issuer.url).origin,
};

browserTest("people sign in at the issuer, and stay signed in when their token has expired", async (t, visit) => {
  await using _ = issuer;
  const { person } = issuer;
  issuer.person = { ...person, roles: ["gramcast-user"] };
  const page = await visit.open("/gallery");

  await t.step("who comes back from there is where they were", async () => {
    await page.getByRole("button", { name: /^Sign in with 127/ }).click();
    await page.getByText("Nothing has been painted yet.").waitFor();
    assert.equal(page.url(), `${visit.server.url}/gallery`);
    await page.getByRole("button", { name: "Account: ann" }).click();
    await page.getByText("oidc:5f1c", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
  });

  await t.step("a painting is followed across the end of a token", async () => {
    issuer.lifetime = 3;
    await page.reload();
    const { token } = JSON.parse((await kept(page))!);
    const path = await paint(visit, token);
    // From now on every request gets a token of its own, which the socket outlives.
    await page.evaluate(`{
      const kept = JSON.parse(sessionStorage["${SESSION_KEY}"]);
      sessionStorage["${SESSION_KEY}"] = JSON.stringify({ ...kept, expiresAt: 0 });
    }`);
    await page.goto(visit.server.url + path);
    await isPainting(page);
    const renewals = () => issuer.asked.filter((path) => path === "/token").length;
    const before = renewals();
    const end = Date.now() + 60_000;
    while (renewals() === before) {
      assert.ok(Date.now() < end, "no token was renewed");
      await page.waitForTimeout(100);
    }
    const step = Number.parseInt((await page.getByRole("definition").first().textContent())!);
    await until(page, `Number.parseInt(document.querySelector(".facts dd")?.textContent ?? "0") > ${step}`);
  });

  await t.step("until they have no role any longer, which is said instead of trying again", async () => {
    issuer.person = person;
    await signInHeading(page).waitFor();
    await page.getByText("Ask whoever runs this server for a role, then sign in again.").waitFor();
    assert.equal(await page.getByText("Connection lost").count(), 0);
    assert.equal(await kept(page), null);
  });

  await t.step("who is not let in is told why", async () => {
    const other = await visit.open("/?code=x&state=y");
    await signInHeading(other).waitFor();
    assert.equal(other.url(), `${visit.server.url}/`);
    await other.route(/\/authorize/, async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const back = new URL(query.get("redirect_uri")!);
      back.search = String(
        new URLSearchParams({
          error: "access_denied",
          error_description: "You are not one of us",
          state: query.get("state")!,
        }),
      );
      await route.fulfill({ status: 302, headers: { location: back.href } });
    });
    await other.getByRole("button", { name: /^Sign in with 127/ }).click();
    await other.getByText("You could not be signed in: You are not one of us").waitFor();
  });
}, ISSUED);
