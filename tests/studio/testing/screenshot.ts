import type { Page } from "playwright-core";

const FOLDER = new URL("../../../docs/studio/", import.meta.url);
export const DESKTOP = { width: 1240, height: 860 };

const SCHEMES = ["light", "dark"] as const;

/** Puts what is seen of a page into docs/studio/, in light and in dark unless told. */
export async function take(
  page: Page,
  name: string,
  schemes: readonly (typeof SCHEMES)[number][] = SCHEMES,
): Promise<void> {
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Pictures that have arrived are drawn in the frame after the next.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    const path = new URL(`${name}-${colorScheme}.jpg`, FOLDER);
    await Deno.writeFile(path, await page.screenshot({ type: "jpeg", quality: 74 }));
  }
}
