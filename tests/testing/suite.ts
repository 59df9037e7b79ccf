/** Registers tests, each on something of its own that is opened before it and closed after. @param name Begins their names. */
export function suite<T extends { close(): Promise<void> }>(name: string, open: () => Promise<T>) {
  return (title: string, body: (opened: T) => Promise<void>): void =>
    Deno.test(`${name} ${title}`, async () => {
      const opened = await open();
      try {
        await body(opened);
      } finally {
        await opened.close();
      }
    });
}
