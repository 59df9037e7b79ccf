import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "playwright-core";

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

const SCHEMES = ["light", "dark"] as const;

/** Has axe examine the page as it is now, in both colour schemes. */
export async function examine(page: Page): Promise<void> {
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
