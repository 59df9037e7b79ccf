/** Why an engine failed, in one line without paths. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0]!.replace(/(\w+:\/)?(\/[\w.@+-]+){2,}/g, "…").slice(0, 160);
}
