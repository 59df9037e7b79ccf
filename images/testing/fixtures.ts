const FOLDER = new URL("../../tests/fixtures/images/", import.meta.url);

/** Bytes of a small picture of tests/fixtures/images/. */
export function fixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(name, FOLDER));
}

/** All of them, by their names. */
export async function allFixtures(): Promise<Uint8Array<ArrayBuffer>[]> {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => !name.endsWith(".py"));
  return await Promise.all(names.sort().map(fixture));
}
