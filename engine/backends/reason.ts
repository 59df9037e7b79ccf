/** What ONNX Runtime says when it lacks something, and how to say it in a few words. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/RequestAdapterStatus|Failed to get a WebGPU/, "no GPU found that will do"],
];

/** Why an engine failed, in one line without paths. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const known = REASONS.find(([pattern]) => pattern.test(text));
  return known?.[1] ?? text.split("\n")[0]!.replace(/(\w+:\/)?(\/[\w.@+-]+){2,}/g, "…").slice(0, 160);
}
