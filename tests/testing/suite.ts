import { testWhere } from "./test_where.ts";

/**
 * Registers tests, each on something of its own that is opened before it and closed after.
 *
 * @param name Begins their names.
 * @param missing What they need that is missing here; null when nothing is.
 */
export function suite<T extends { close(): Promise<void> }>(
  name: string,
  open: () => Promise<T>,
  missing: string | null = null,
) {
  return (title: string, body: (opened: T, t: Deno.TestContext) => Promise<void>): void =>
    testWhere(missing, `${name} ${title}`.trim(), async (t) => {
      const opened = await open();
      try {
        await body(opened, t);
      } finally {
        await opened.close();
      }
    });
}
