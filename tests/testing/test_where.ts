/**
 * A test that needs what is not everywhere; where it is not, the test is skipped and its name says why.
 *
 * @param missing What is missing here; null when nothing is.
 */
export function testWhere(
  missing: string | null,
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
  options: Pick<Deno.TestDefinition, "sanitizeOps" | "sanitizeResources"> = {},
): void {
  Deno.test({ ...options, name: missing === null ? name : `${name}: ${missing}`, ignore: missing !== null, fn });
}

/** Null where every one of the programs can be run; which cannot, otherwise. */
export async function missingProgram(...programs: readonly string[]): Promise<string | null> {
  for (const program of programs) {
    try {
      // It only matters that it is there: not every program knows this flag.
      await new Deno.Command(program, { args: ["--version"], stdin: "null", stdout: "null", stderr: "null" }).output();
    } catch {
      return `no ${program} here`;
    }
  }
  return null;
}
