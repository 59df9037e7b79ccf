import type { Page } from "playwright-core";

/** Where GraphiQL shows answers. */
export function responseOf(page: Page) {
  return page.locator(".graphiql-response .view-lines");
}

/**
 * Runs the operation that is open until its answer holds a text.
 *
 * A press is lost while GraphiQL gets ready, and for a moment after a tab is opened it still names the operation of the one
 * before: press again, as one would, but not while something runs, for then the button stops it. The page is looked at
 * instead of waited for: a wait that gives up leaves the driver's timer behind.
 */
export async function runOpenTab(page: Page, answer: string): Promise<void> {
  const shown = responseOf(page).getByText(answer).first();
  const execute = page.getByRole("button", { name: /^Execute query/ });
  for (let looks = 0; looks === 0 || !(await shown.isVisible()); looks++) {
    if (looks % 100 === 0 && await execute.isVisible()) await execute.click();
    await page.waitForTimeout(50);
  }
}
