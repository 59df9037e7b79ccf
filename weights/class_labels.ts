/**
 * Names of ImageNet's 1000 classes in the order of fc8, in English, a line each.
 *
 * @returns 1000 names, each with its synonyms after commas.
 */
export async function classLabels(): Promise<readonly string[]> {
  const text = await Deno.readTextFile(new URL("imagenet_classes.txt", import.meta.url));
  return text.trimEnd().split("\n");
}
