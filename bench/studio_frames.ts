/**
 * Frames a second that the studio's pages reach while transfers send pictures faster than anyone could look at them, in
 * Chromium without a GPU; each has an engine of its own, a fake that takes a step every `interval` milliseconds:
 *
 *     deno task bench studio_frames [transfers] [interval] [seconds]
 */
import "../tests/studio/testing/without_wsl_probe.ts";
import { chromium, type Page } from "playwright-core";
import { ApiStage } from "../schema/testing/api_stage.ts";
import { start } from "../schema/testing/execute.ts";
import { startServer } from "../server/server.ts";
import { studioPages } from "../studio/studio.ts";
import { FakeEngine } from "../transfers/testing/fake_engine.ts";
import { row } from "./table.ts";

const [transfers = 20, interval = 50, seconds = 10] = Deno.args.map(Number);

const pictures = ["mountain-lake", "still-life"].map((name) =>
  Deno.readFileSync(new URL(`../samples/${name}.jpg`, import.meta.url))
);
const engines = Array.from({ length: transfers }, () => new FakeEngine()) as [FakeEngine, ...FakeEngine[]];
await using services = await ApiStage.open({ ports: { engines } });
services.frames = { encode: ({ step }) => Promise.resolve(pictures[step % 2]!) };
const log = { info() {}, warn: console.warn };
await using server = await startServer(
  services,
  { host: "127.0.0.1", port: 0, corsOrigins: [], pages: studioPages() },
  log,
);

const options = { size: 512, steps: 10_000, frameEvery: 1 };
const [first] = await Promise.all(engines.map(() => start(services, options)));
const timer = setInterval(() => engines.forEach((engine) => engine.allow(1)), interval);

const browser = await chromium.launch({
  executablePath: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
console.log(row("page", "frames a second", "longest gap in milliseconds"));
console.log(row("---", "---", "---"));
try {
  const page = await browser.newPage();
  await page.goto("about:blank");
  console.log(row("an empty page", ...await rate(page)));
  await page.goto(`${server.url}/gallery`);
  await page.getByRole("button", { name: "Show more" }).click();
  await page.locator(".piece").nth(transfers - 1).waitFor();
  console.log(row(`gallery of ${transfers}, each ${1000 / interval} pictures a second`, ...await rate(page)));
  await page.goto(`${server.url}/transfers/${first}`);
  await page.locator(".emerging img.in").waitFor();
  console.log(row(`one transfer, ${1000 / interval} pictures a second`, ...await rate(page)));
} finally {
  clearInterval(timer);
  await browser.close();
}

/** Frames a second and the longest time between two, over some seconds. */
async function rate(page: Page): Promise<[string, string]> {
  const gaps = await page.evaluate((milliseconds) =>
    new Promise<number[]>((resolve) => {
      const begun = performance.now();
      const gaps: number[] = [];
      let last = begun;
      requestAnimationFrame(function count() {
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        if (now - begun < milliseconds) requestAnimationFrame(count);
        else resolve(gaps);
      });
    }), seconds * 1000);
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  return [(gaps.length * 1000 / total).toFixed(1), Math.max(...gaps).toFixed(0)];
}
