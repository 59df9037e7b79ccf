/** Registers tests, each on something of its own that is opened before it and closed after. @param name Begins their names. */
export function suite<T extends { close(): Promise<void> }>(name: string, open: () => Promise<T>) {
  return (title: string, body: (opened: T, t: Deno.TestContext) => Promise<void>): void =>
    Deno.test(`${name} ${title}`.trim(), async (t) => {
      const opened = await open();
      try {
        await body(opened, t);
      } finally {
        await opened.close();
      }
    });
}
